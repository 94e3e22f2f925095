// What the accuracy table rests on: the unit that errors are counted in, what ops are tried on, and what kernels call.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { usesOf } from "../../scripts/accuracy/allowance.js";
import { storedPage } from "../../scripts/accuracy/document.js";
import { changedKernels, kernelHashes } from "../../scripts/accuracy/kernels.js";
import { readDocument, storedRuns } from "../../scripts/accuracy/results.js";
import { trials } from "../../scripts/accuracy/trials.js";
import { usesOfOp } from "../../scripts/accuracy/uses.js";
import { OPS } from "../../src/kernels/index.js";
import { of } from "../../src/kernels/lib/declare/sample.js";
import { elementwise } from "../../src/kernels/lib/elementwise/elementwise.js";
import { type AnyOp, exact } from "../../src/tensor/op.js";
import { error32, ulp32 } from "../../src/tensor/ulp.js";

describe("the unit in the last place", () => {
  test.each([
    [1, 2 ** -23],
    [1 - 2 ** -53, 2 ** -24], // log2 of this rounds to 0
    [2 - 2 ** -23, 2 ** -23],
    [-2, 2 ** -22],
    [0, 2 ** -149],
    [2 ** -140, 2 ** -149],
    [1e300, 2 ** 104],
    [Number.POSITIVE_INFINITY, 2 ** 104],
  ])("at %s is %s", (x, unit) => expect(ulp32(x)).toBe(unit));
});

describe("an error", () => {
  test.each([
    ["of a NaN lost", 1, Number.NaN, Number.POSITIVE_INFINITY],
    ["of a NaN made", Number.NaN, 1, Number.POSITIVE_INFINITY],
    ["of NaN for NaN", Number.NaN, Number.NaN, 0],
    ["of what was flushed", 0, 2 ** -127, 0],
    ["of the largest number for what overflows", 2 ** 128 - 2 ** 104, 1e39, 2 ** 104],
    ["of infinity for the largest number", Number.POSITIVE_INFINITY, 2 ** 128 - 2 ** 104, 2 ** 104],
    ["of infinity for a number", Number.POSITIVE_INFINITY, 1, 2 ** 128 - 1],
  ])("%s is its distance", (_, got, want, error) => expect(error32(got, want)).toBe(error));
});

/** x + y on single elements. */
const plusBy = (wgsl: string) =>
  elementwise({
    name: "plus",
    doc: "a + b",
    inputs: ["a", "b"],
    wgsl,
    value: ([a, b]) => a + b,
    tolerance: exact,
    domain: { b: [-2, 3] },
    samples: [of([2], [2])],
  }) as AnyOp;
const plus = plusBy("a + b");

describe("trials", () => {
  const drawn = [...trials(plus, 4096)].map(({ inputs }) => inputs.map((input) => input?.data ?? new Float64Array()));
  const [a, b] = [0, 1].map((k) => drawn.flatMap((data) => [...data[k]]));

  test("are the same when drawn again", () => {
    const again = [...trials(plus, 4096)].map(({ inputs }) => inputs.map((input) => input?.data));
    expect(again).toEqual(drawn);
  });

  test("are so many, all of them f32, of all exponents and both signs", () => {
    expect(a.length).toBeGreaterThan(4096);
    expect(a.every((x) => Object.is(x, Math.fround(x)))).toBe(true);
    const exponents = new Set(
      a.filter((x) => x !== 0 && Number.isFinite(x)).map((x) => Math.floor(Math.log2(Math.abs(x)))),
    );
    expect(exponents.size).toBeGreaterThan(250);
    expect(a.filter((x) => x < 0).length / a.length).toBeCloseTo(0.5, 1);
  });

  test("keep to the interval of an op's promise, and else have NaN and the infinities", () => {
    expect(b.filter((x) => x < -2 || x > 3)).toEqual([]);
    for (const edge of [Number.NaN, 1 / 0, -1 / 0, -0]) expect(a.some((x) => Object.is(x, edge))).toBe(true);
  });
});

describe("what a kernel uses of WGSL", () => {
  const uses = (code: string) => usesOf(`struct Uniforms { n: u32, rate: f32 }\n${code}`);

  test("is found through the functions that main calls, and only there", () => {
    const code =
      "fn a(x: f32) -> f32 { return exp(x); } fn b(x: f32) -> f32 { return sin(x); } fn main() { y = a(1.0); }";
    expect(uses(code)).toEqual({ builtIns: ["exp"], replaced: [] });
  });

  test("names the built-in that a function of ours stands in for", () => {
    expect(uses("fn log32(x: f32) -> f32 { return x * x; } fn main() { y = log32(1.0); }")).toEqual({
      builtIns: [],
      replaced: ["log"],
    });
  });

  test.each([
    ["1.0 / x", true],
    ["x / u.rate", true],
    ["x / f32(u.n)", true],
    ["i / u.n", false],
    ["i / 4u", false],
    ["i / k", false],
    ["x // y / z", false],
  ])("counts %s as a division of floats: %s", (expression, divides) => {
    const { builtIns } = uses(`fn main() { let k = u.n * 2u; let y = ${expression}\n; }`);
    expect(builtIns).toEqual(divides ? ["/"] : []);
  });

  test("is not guessed for a built-in without an entry", () => {
    expect(() => uses("fn main() { y = asinh(1.0); }")).toThrow("asinh");
  });

  test("is known for every op", () => {
    expect(OPS.map(usesOfOp)).toHaveLength(OPS.length);
  });
});

test("docs/accuracy.md is what the stored figures say (after measuring: npm run accuracy)", () => {
  expect(readFileSync("docs/accuracy.md", "utf8")).toBe(storedPage());
});

test.each(storedRuns())("the figures of $driver are of today's kernels (after a change: npm run accuracy)", (run) => {
  expect(Object.keys(run.kernels).sort()).toEqual([...new Set(run.rows.map(({ op }) => op.split(" ")[0]))].sort());
  expect(changedKernels(run.kernels, OPS)).toEqual([]);
});

test("a stored document without a format is read, one of a later format is refused by its number", () => {
  const folder = mkdtempSync(join(tmpdir(), "zerosiam-document-"));
  const read = (document: object) => {
    writeFileSync(join(folder, "d.json"), JSON.stringify(document));
    return readDocument(join(folder, "d.json"));
  };
  expect(read({ seed: 0 })).toEqual({ seed: 0 });
  expect(read({ format: 1 })).toEqual({ format: 1 });
  expect(() => read({ format: 2 })).toThrow("d.json: a document of results of format 2; this release reads up to");
  rmSync(folder, { recursive: true });
});

describe("a kernel has changed", () => {
  const measured = kernelHashes([plus]);
  const more = { ...plus, samples: [of([4], [4, 1]), ...plus.samples] };

  test("when its text has", () => expect(changedKernels(measured, [plusBy("b + a")])).toEqual(["plus"]));
  test("when its op is gone", () => expect(changedKernels(measured, [])).toEqual(["plus"]));
  test("not when another joins it", () => {
    expect(kernelHashes([more])).not.toEqual(measured);
    expect(changedKernels(measured, [more])).toEqual([]);
    expect(changedKernels(kernelHashes([more]), [plus])).toEqual(["plus"]);
  });
});
