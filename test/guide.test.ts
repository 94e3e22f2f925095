// The guides: their code is that of the examples, piece by piece, and the examples run; those of browsers in
// test/browser/guide.test.ts.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { ORDER_NAMES } from "../src/data/index.js";
import { SCENARIOS } from "../src/experiments/index.js";
import { arange, openDevice, Rng, type Tensor, tensor } from "../src/tensor/index.js";

const PAGES = readdirSync("docs/guide").map((name) => `docs/guide/${name}`);
const folder = mkdtempSync(join(tmpdir(), "guide-"));
afterAll(() => rmSync(folder, { recursive: true }));

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line.trim() !== "");

describe.each(PAGES)("%s", (page) => {
  const text = readFileSync(page, "utf8");

  test("shows its examples whole, in their order", () => {
    const examples = [
      ...new Set([...text.matchAll(/\]\(\.\.\/\.\.\/(examples\/[\w/]+\.(?:ts|html))\)/g)].map(([, file]) => file)),
    ];
    expect(examples.length).toBeGreaterThan(0);
    const shown = [...text.matchAll(/^```(?:ts|html)\n([\s\S]*?)^```$/gm)].flatMap(([, code]) => linesOf(code));
    expect(shown).toEqual(examples.flatMap((file) => linesOf(readFileSync(file, "utf8"))));
  });

  test("is no longer than can be read at once", () => expect(text.split("\n").length).toBeLessThanOrEqual(151));
});

test("examples are short", () => {
  const files = readdirSync("examples", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const long = files.filter((name) => readFileSync(`examples/${name}`, "utf8").trimEnd().split("\n").length > 60);
  expect(long).toEqual([]);
});

/** In a folder that is taken away: examples write files where they run. */
async function run(name: string): Promise<string> {
  const script = join(process.cwd(), "scripts/run.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, "example", name], { cwd: folder });
  return stdout;
}

test("a first tensor", async () => {
  const said = await run("tensor");
  expect(said).toContain("Float32Array(4) [ 18, 26, 34, 50 ]");
  expect(said).toContain("i32 bool Int32Array(3) [ 3, 0, 2 ]");
  expect(said).toContain("matmul: inner sizes differ");
});

test("what docs/guide/tensors.md says differs from PyTorch is so", async () => {
  const text = readFileSync("docs/guide/tensors.md", "utf8");
  const [, named] = /^- (.*) return a tuple, the result first/m.exec(text) ?? [];
  const tuples = readdirSync("docs/ops").filter((page) => {
    const said = readFileSync(`docs/ops/${page}`, "utf8");
    return /^\w+\.\w+\(.*\): \[/m.test(said) && !said.includes("the published types leave it out");
  });
  expect([...named.matchAll(/`(\w+)`/g)].map(([, op]) => `${op}.md`)).toEqual(tuples);

  await openDevice();
  const x = arange(4).reshape([2, 2]);
  const index = tensor(Int32Array.of(1, 0), [2, 1]);
  const numbers = async (t: Tensor) => [...(await t.data())];
  expect(await numbers(x.gather(index, 1))).toEqual([1, 2]);
  expect(await numbers(x.indexSelect(tensor(Int32Array.of(1)), 0))).toEqual([2, 3]);
  expect(await numbers(tensor([[5], [7]]).scatterAdd(index, 1, [2, 2]))).toEqual([0, 5, 7, 0]);
  expect(await numbers(x.indexAdd(tensor(Int32Array.of(2, 2)), 0, 3))).toEqual([0, 0, 0, 0, 2, 4]);
  expect(
    x.pad([
      [1, 0],
      [0, 2],
    ]).shape,
  ).toEqual([3, 4]);
  expect(await numbers(x.max(0))).toEqual([2, 3]);
  expect([arange(3).dtype, arange(3, { dtype: "i32" }).dtype]).toEqual(["f32", "i32"]);
  const key = tensor(Uint32Array.from(new Rng(0).key));
  expect(await numbers(key.randomNormal([3]))).toEqual(await numbers(key.randomNormal([3])));
  const forked = tensor(Uint32Array.from(new Rng(0).fork("noise").key));
  expect(await numbers(forked.randomNormal([3]))).not.toEqual(await numbers(key.randomNormal([3])));
});

test("gradients and memory", async () => {
  const said = await run("autograd");
  expect(said).toContain("d(Σwx)/dw = x: Float32Array(3) [ 1, 2, 3 ]");
  expect(said).toContain("only through the first w: Float32Array(3) [ 0, 2, -8 ]");
  expect(said).toContain("tensors left behind: 0");
});

let trained: Promise<string> | undefined;
/** What the training says whose weights the other examples take. */
function train(): Promise<string> {
  trained ??= run("train");
  return trained;
}

test("a stream of images of one's own, methods at rates on it, severities and a scenario", async () => {
  await train();
  const said = await run("stream");
  const source = Number(/^source: (\S+)$/m.exec(said)?.[1]);
  const adapted = [...said.matchAll(/^lr \S+: Tent (\S+), ZeroSiam (\S+)$/gm)].flatMap(([, ...figures]) => figures);
  expect(adapted).toHaveLength(6);
  expect(Math.max(...adapted.map(Number))).toBeGreaterThan(source);
  const severities = [...said.matchAll(/^digits, severity \d: (\S+)$/gm)].map(([, figure]) => Number(figure));
  expect(severities).toHaveLength(2);
  expect(severities[0]).toBeGreaterThan(severities[1]);
  expect(said).toMatch(/^class-ordered, stream: \S+ of 48 images$/m);
});

test("docs/guide/streams.md says what every order and scenario shows", () => {
  const text = readFileSync("docs/guide/streams.md", "utf8");
  const rows = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual([...ORDER_NAMES, ...SCENARIOS]);
});

test("a model that was trained adapts, and goes on from a saved state", async () => {
  expect(Number(/accuracy (\S+)/.exec(await train())?.[1])).toBeGreaterThan(0.95);
  const said = await run("adaptOwn");
  const [, source, adapted] = /source (\S+) %, ZeroSiam (\S+) %/.exec(said) ?? [];
  expect(Number(adapted)).toBeGreaterThan(Number(source));
  expect(said).toContain("resumed to the same bits: true");
});
