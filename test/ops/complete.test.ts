// The list of ops is complete: each file of src/kernels is in the barrel under its name, each op on the page on accuracy.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import type { AnyOp } from "../../src/tensor/op.js";

const BARRELS = ["all.ts", "index.ts"];
const names = readdirSync("src/kernels")
  .filter((file) => file.endsWith(".ts") && !BARRELS.includes(file))
  .map((file) => file.slice(0, -".ts".length));

const isOp = (value: unknown): value is AnyOp => typeof (value as AnyOp | null)?.infer === "function";

describe.each(names)("src/kernels/%s.ts", (name) => {
  test("declares one op, of its name, and the barrel has it", async () => {
    const ops = Object.values(await import(`../../src/kernels/${name}.ts`)).filter(isOp);
    expect(ops.map((op) => op.name)).toEqual([name]);
    expect(OPS.includes(ops[0]), "a line in src/kernels/all.ts").toBe(true);
  });
});

test("docs/accuracy.md has each op, and no other (after a change: npm run accuracy)", () => {
  const [, page] = readFileSync("docs/accuracy.md", "utf8").split(/^## (?=Ops of single elements$)/m);
  const [measured] = page.split(/^## Beside other libraries$/m);
  const rows = [...measured.matchAll(/^\| (\w+)(?: \(.*?\))? \| /gm)].map(([, name]) => name);
  const exact = /^Equal to the reference.*: (.*)\.$/m.exec(measured)?.[1].split(", ") ?? [];
  const listed = new Set([...rows, ...exact].filter((name) => name !== "op")); // the tables' heads
  expect([...listed].sort()).toEqual(OPS.map(({ name }) => name).sort());
});
