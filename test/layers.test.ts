// The rules of the source tree: who may import whom, no cycles, no dead exports. Each rule is also shown to fail.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { OPS } from "../src/kernels/index.js";
import { OTHER_VOCABULARIES, opNameUses } from "./layers/opNames.js";
import * as rules from "./layers/rules.js";
import { parseSource, readTree } from "./layers/source.js";
import { namesIn } from "./layers/spellings.js";

const NAMES = new Set(OPS.map(({ name }) => name));
const ROOT = fileURLToPath(new URL("..", import.meta.url));

describe("the sources", () => {
  const sources = readTree(ROOT, "src");
  const others = ["test", "bench", "examples", "scripts"].flatMap((folder) => readTree(ROOT, folder));

  const benches = others.filter(({ path }) => path.startsWith("bench/"));

  test("import downwards only", () => expect(rules.layerViolations([...sources, ...benches])).toEqual([]));
  test("have no import cycle", () => expect(rules.importCycles([...sources, ...benches])).toEqual([]));
  test("import no file that imports them", () => expect(rules.mutualImports([...sources, ...others])).toEqual([]));
  test("stand in folders that can be taken in", () => expect(rules.crowdedFolders(sources)).toEqual([]));
  test("are no larger than planned", () => expect(rules.oversizes(sources)).toEqual([]));
  test("say in their first line what they are", () =>
    expect(rules.missingHeaders([...sources, ...others])).toEqual([]));
  test("export nothing by default", () => expect(rules.defaultExports(sources)).toEqual([]));
  test("do not print from the library", () => expect(rules.consoleUses(sources)).toEqual([]));
  test("export nothing that nobody uses", () => expect(rules.unusedExports(sources, others)).toEqual([]));
  test("stand in for each other in browsers name by name", () =>
    expect(rules.strayBrowserExports(sources)).toEqual([]));
  test("spell no op's name in general code", () => expect(opNameUses([...sources, ...others], NAMES)).toEqual([]));
  test.each(OTHER_VOCABULARIES)("need $words in $files let be", ({ files, words }) => {
    const texts = [...sources, ...others]
      .filter(({ path }) => files.test(path))
      .flatMap(({ spellings }) => spellings.flatMap((spelling) => spelling.texts));
    expect(texts.flatMap((text) => namesIn(text, NAMES)).filter((name) => words.test(name))).not.toEqual([]);
  });
});

/** A small tree: texts by path. */
const tree = (texts: Record<string, string>) => Object.entries(texts).map(([path, text]) => parseSource(path, text));

describe("the layer rule", () => {
  const violations = (path: string, text: string) => rules.layerViolations(tree({ [path]: text }));

  test.each([
    ["a kernel imports another op's file", "src/kernels/gelu.ts", 'import { erf } from "./erf.js";'],
    ["a kernel imports another op's types", "src/kernels/gelu.ts", 'import type { Erf } from "./erf.js";'],
    ["a kernel imports Tensor as a value", "src/kernels/gelu.ts", 'import { Tensor } from "../tensor/tensor.js";'],
    ["a kernel imports the device", "src/kernels/gelu.ts", 'import type { Device } from "../tensor/device/device.js";'],
    ["a kernel's library imports an op", "src/kernels/lib/product/tile.ts", 'import { gelu } from "../../gelu.js";'],
    ["the device imports Tensor", "src/tensor/device/pool.ts", 'import type { Tensor } from "../tensor.js";'],
    ["shapes import tensors", "src/tensor/shape.ts", 'import { Tensor } from "./tensor.js";'],
    [
      "tensors import kernels, but for the index",
      "src/tensor/autograd/backward.ts",
      'import { OPS } from "../../kernels/index.js";',
    ],
    ["tensors import nn", "src/tensor/index.ts", 'export * from "../nn/index.js";'],
    ["nn imports a kernel", "src/nn/layers/norm.ts", 'import { OPS } from "../../kernels/index.js";'],
    ["nn imports the device", "src/nn/module.ts", 'import type { Device } from "../tensor/device/device.js";'],
    ["nn imports zerosiam", "src/nn/module.ts", 'import { Tent } from "../zerosiam/index.js";'],
    [
      "zerosiam imports the device, late",
      "src/zerosiam/tent.ts",
      'const d = await import("../tensor/device/device.js");',
    ],
    ["zerosiam imports a kernel's type", "src/zerosiam/tent.ts", 'type Op = import("../kernels/index.js").Op;'],
    ["zerosiam imports data", "src/zerosiam/alarm.ts", 'import { Stream } from "../data/index.js";'],
    [
      "zerosiam imports a type of experiments",
      "src/zerosiam/alarm.ts",
      'import type { Runner } from "../experiments/runner.js";',
    ],
    ["zerosiam imports a package", "src/zerosiam/alarm.ts", 'import { readFile } from "node:fs/promises";'],
    ["data import zerosiam", "src/data/digits.ts", 'import { Tent } from "../zerosiam/index.js";'],
    ["experiments import the report", "src/experiments/runner.ts", 'import { rate } from "../report/format.js";'],
    ["the report imports parity", "src/report/group.ts", 'import { compared } from "../parity/compare.js";'],
    ["the report imports a command's part", "src/report/group.ts", 'import { EXIT } from "../cli/lib/failure.js";'],
    ["parity imports a command's part", "src/parity/ops.ts", 'import { EXIT } from "../cli/lib/failure.js";'],
    ["what commands share imports a command", "src/cli/lib/output.ts", 'import { addAdapt } from "../adapt.js";'],
    ["a command imports a benchmark's part", "src/cli/bench.ts", 'import { sample } from "../../bench/sampler.js";'],
    ["a benchmark imports a command", "bench/steps.ts", 'import { addAdapt } from "../src/cli/adapt.js";'],
    [
      "zerosiam imports a file of the tensors beside their index",
      "src/zerosiam/alarm.ts",
      'import { apply } from "../tensor/run.js";',
    ],
    ["a benchmark imports a script", "bench/steps.ts", 'import { docs } from "../scripts/docs.js";'],
    ["a source imports a test", "src/nn/module.ts", 'import { cases } from "../../test/nn/cases.js";'],
    ["tensors import a package", "src/tensor/scope.ts", 'import lodash from "lodash";'],
    ["a file is outside all layers", "src/misc.ts", ""],
  ])("fails when %s", (_, path, text) => expect(violations(path, text)).toHaveLength(1));

  test.each([
    [
      "src/kernels/gelu.ts",
      'import { defineOp } from "../tensor/op.js";\nimport type { Tensor } from "../tensor/tensor.js";',
    ],
    [
      "src/kernels/gelu.ts",
      'import { tile } from "./lib/product/tile.js";\nimport { ShapeError } from "../tensor/errors.js";',
    ],
    ["src/kernels/lib/text/wgsl.ts", 'export const text = `import { x } from "../../../nn/index.js";`;'],
    ["src/tensor/index.ts", 'import { OPS } from "../kernels/index.js";'],
    ["src/cli/main.ts", 'import { Command } from "commander";\nimport { Linear } from "../nn/index.js";'],
    ["src/cli/bench.ts", 'const { runBench } = await import("../../bench/index.js");'],
    [
      "src/experiments/runner.ts",
      'import { Stream } from "../data/index.js";\nimport { Tent } from "../zerosiam/index.js";',
    ],
  ])("lets %s import what it may", (path, text) => expect(violations(path, text)).toEqual([]));
});

test("a cycle is found, and named; types and dynamic imports make none", () => {
  const cycle = {
    "src/a.ts": 'import "./b.js";',
    "src/b.ts": 'export * from "./c.js";',
    "src/c.ts": 'import { a } from "./a.js";',
  };
  expect(rules.importCycles(tree(cycle))).toEqual(["src/a.ts → src/b.ts → src/c.ts → src/a.ts"]);
  expect(rules.importCycles(tree({ ...cycle, "src/c.ts": 'import type { A } from "./a.js";' }))).toEqual([]);
  expect(rules.importCycles(tree({ ...cycle, "src/c.ts": 'const { a } = await import("./a.js");' }))).toEqual([]);
});

test("two files that import each other are found, types counted; tensors may", () => {
  const pair = {
    "src/data/a.ts": 'import { b } from "./b.js";',
    "src/data/b.ts": 'import type { A } from "./a.js";',
    "src/tensor/tensor.ts": 'import { apply } from "./op.js";',
    "src/tensor/op.ts": 'import type { Tensor } from "./tensor.js";',
    "src/tensor/create.ts": 'import { Tensor } from "./tensor.js";\nimport type { A } from "./memory.js";',
    "src/tensor/memory.ts": 'import { zeros } from "./create.js";',
  };
  expect(rules.mutualImports(tree(pair))).toEqual([
    "src/data/a.ts ↔ src/data/b.ts",
    "src/tensor/create.ts ↔ src/tensor/memory.ts",
  ]);
});

test("a folder of more than thirty files is found, but that of the ops", () => {
  const files = (folder: string, count: number) =>
    tree(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${folder}/f${i}.ts`, ""])));
  expect(rules.crowdedFolders([...files("src/nn", 31), ...files("src/data", 30), ...files("src/kernels", 40)])).toEqual(
    ["src/nn: 31 files"],
  );
});

test("a method of too many lines is found, and a median file of too many", () => {
  const lines = (count: number) => "// line\n".repeat(count);
  const method = { "src/zerosiam/a.ts": lines(2150), "src/zerosiam/methods/b.ts": lines(51) };
  expect(rules.oversizes(tree(method))).toContain("src/zerosiam: 2201 lines");
  expect(rules.oversizes(tree({ a: lines(10), b: lines(81), c: lines(500) }))).toEqual(["median file: 81 lines"]);
  expect(rules.oversizes(tree({ a: lines(10), b: lines(80), c: lines(500) }))).toEqual([]);
});

test("a file that does not start with a comment is found", () => {
  const files = tree({
    "a.ts": "// What it is.\n",
    "b.ts": "export const b = 1;\n",
    "c.ts": "//\n",
    "d.ts": "\n// Late.\n",
  });
  expect(rules.missingHeaders(files)).toEqual(["b.ts", "c.ts", "d.ts"]);
});

test("a default export is found, however it is written", () => {
  const files = tree({
    "a.ts": "export default 1;",
    "b.ts": "const b = 1; export { b as default };",
    "c.ts": "export const c = 1;",
  });
  expect(rules.defaultExports(files)).toEqual(["a.ts", "b.ts"]);
});

test("console is found in the library, not in programs, comments or strings", () => {
  const print = "console.log(1);";
  const files = tree({
    "src/nn/a.ts": print,
    "src/cli/main.ts": print,
    "src/tensor/b.ts": "// console.log\n'console.log'",
  });
  expect(rules.consoleUses(files)).toEqual(["src/nn/a.ts"]);
});

describe("the rule on op names", () => {
  const uses = (text: string, path = "test/ops/lib/samples.ts") => opNameUses(tree({ [path]: text }), NAMES);

  test.each([
    ["compares with one", 'const off = op.name === "pow";'],
    ["compares with one, the other way round", 'const skip = "pow" != name;'],
    ["compares with one in a template without holes", "const off = op.name === `pow`;"],
    ["switches", 'switch (op.name) { case "softmax": break; }'],
    ["searches a list", 'const skip = ["conv2d", "step"].includes(name);'],
    ["keeps a set", 'const SKIPPED = new Set(["conv2d"]);'],
    ["keeps a set that is a type", 'function f(name: "add" | "other") {}'],
    ["keeps a map", 'const LOOSE = new Map([["conv2d", 1e-3]]);'],
    ["keeps a list", 'const SKIPPED = ["exp"] as const;'],
    ["keeps a list inside", 'const CASES = { slow: { names: ["exp"] } };'],
    ["keeps a list in a function", 'function f() { const skipped = ["exp"]; }'],
    ["keeps a table", "const TOLERANCES = { add: 1, mul: 2 };"],
    ["keeps a table of strings", 'const TOLERANCES = { "conv2d": 1, matmul: 2 };'],
    ["keeps a table of one", "const off = name in { relu: 1 };"],
    ["keeps a table of a method", "const off = { relu() {} }[name];"],
    ["keeps a table of fields", "const TOLERANCES = { abs: 1, mean: 2 };"],
    ["keeps a name", 'const SLOW = "conv2d"; const off = name === SLOW;'],
    ["starts with one", 'const off = label.startsWith("conv2d");'],
    ["starts with one and a space", 'const off = label.startsWith("conv2d ");'],
    ["matches one", 'const off = name.match("relu");'],
    ["matches a pattern of one", "const off = /^relu$/.test(name);"],
    ["matches a pattern of several", "const off = /\\b(other|relu)_\\d+/.test(name);"],
    ["splits a list", 'const SLOW = "conv2d matmul".split(" ");'],
    ["looks for its file", 'const off = path.endsWith("/relu.ts");'],
    ["asks in a call of its own", 'const off = isOneOf(name, "relu");'],
    ["keeps a table of variables", "const off = ({ relu, softmax })[op.name];"],
    ["imports a declaration", 'import { relu } from "../../../src/kernels/relu.js"; const off = op === relu;'],
    ["imports one from the barrel", 'import { OPS, relu as off } from "../../../src/kernels/index.js";'],
    ["imports one by the package's name", 'import { relu } from "zerosiam/kernels";'],
    ["imports all declarations", 'import * as kernels from "../../../src/kernels/all.js";'],
    ["imports all declarations, late", 'const { relu } = await import("../../../src/kernels/index.js");'],
    ["passes over a case of a test", 'test.skipIf(op.name === "relu")("works", () => {});'],
    ["drops a case of a test", 'test.each(OPS.filter(({ name }) => name !== "relu"))("works", check);'],
    ["branches in a test", 'test("works", () => { if (name === "relu") return; });'],
    ["branches in what is expected", 'expect(y).toBe(name === "relu" ? 0 : 1);'],
  ])("fails when a file %s", (_, text) => expect(uses(text)).toHaveLength(1));

  test.each([
    ["a story that calls methods", 'test("softmax", async () => expect(await x.softmax().item()).toBe(1));'],
    ["a story of several", 'it.each([["add", f], ["mul", g]])("%s", check); expect(labels).toEqual(["add", "mul"]);'],
    ["a story of tables", 'test("records", () => expect(record).toMatchObject({ labels: ["add"], add: 1, mul: 2 }));'],
    ["a story of messages", 'test("refuses", () => expect(call).toThrow(/^relu: /));'],
    ["fields that are called so", "const x = { abs: 1e-6, other }; const { sum, max } = y; x.mean = 3;"],
    ["other strings", 'if (op.name === name || kind === "other") f(["other"].includes(name));'],
    ["prose", 'const help = "take the mean of both"; const refused = /the sum is not finite/;'],
    ["texts of kernels", `const text = \`var \${x} = max(\${y}, 0);\`;`],
    ["the list of ops", 'import { OPS } from "../../../src/kernels/index.js"; import "../../../src/kernels/all.js";'],
    ["types of ops", 'import type { relu } from "../../../src/kernels/relu.js";'],
    ["what kernels share", 'import { gelu, helper } from "../../../src/kernels/lib/elementwise/gelu.js";'],
  ])("lets %s be", (_, text) => expect(uses(text)).toEqual([]));

  test.each(["src/kernels/lib/product/tile.ts", "src/tensor/run.ts", "bench/cases.ts", "test/fuzz/programs.ts"])(
    "holds in %s",
    (path) => expect(uses('const off = op.name === "pow";', path)).toEqual([`${path}:1 names pow`]),
  );
  const importing = 'import { matmul } from "../../src/kernels/matmul.js";';
  test.each(["test/kernels/longVariants.test.ts", "test/ops/tiles.test.ts"])(
    "lets %s import the op whose kernels it is about",
    (path) => expect(uses(importing, path)).toEqual([]),
  );
  test.each(["bench/peers/tasks.ts", "test/ops/forward.test.ts", "test/kernels/matmul.ts"])(
    "does not let %s import one",
    (path) => expect(uses(importing, path)).toHaveLength(1),
  );
  test("lets an op name itself", () => expect(uses('name === "pow"', "src/kernels/pow.ts")).toEqual([]));
});

test("a file for browsers that exports what its Node file lacks is found", () => {
  const files = tree({
    "src/nn/a.ts": "export const one = 1, two = 2;",
    "src/nn/a.browser.ts": "export const one = 1, three = 3;",
    "src/nn/b.browser.ts": "export const one = 1;",
  });
  expect(rules.strayBrowserExports(files)).toEqual(["src/nn/a.browser.ts: three", "src/nn/b.browser.ts: one"]);
});

test("an export is dead unless a file imports it or a public index passes it on", () => {
  const sources = tree({
    "src/nn/index.ts": 'export { a } from "./lib.js"; export * from "./all.js"; export const here = 1;',
    "src/nn/lib.ts":
      "export const a = 1, dead = 2, tested = 3; export interface DeadType {} export type Own = 1; const o: Own = 1;",
    "src/nn/all.ts": "export const x = 1, y = 2;",
  });
  const users = tree({ "test/a.test.ts": 'import { tested } from "../src/nn/lib.js";' });
  expect(rules.unusedExports(sources, users)).toEqual(["src/nn/lib.ts: dead", "src/nn/lib.ts: DeadType"]);
});
