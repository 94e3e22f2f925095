// The guides: their code is that of the examples, piece by piece, and the examples run; those of browsers in
// test/browser/guide.test.ts.
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";

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

test("gradients and memory", async () => {
  const said = await run("autograd");
  expect(said).toContain("d(Σwx)/dw = x: Float32Array(3) [ 1, 2, 3 ]");
  expect(said).toContain("only through the first w: Float32Array(3) [ 0, 2, -8 ]");
  expect(said).toContain("tensors left behind: 0");
});

test("a model that was trained adapts, and goes on from a saved state", async () => {
  expect(Number(/accuracy (\S+)/.exec(await run("train"))?.[1])).toBeGreaterThan(0.95);
  const said = await run("adaptOwn");
  const [, source, adapted] = /source (\S+) %, ZeroSiam (\S+) %/.exec(said) ?? [];
  expect(Number(adapted)).toBeGreaterThan(Number(source));
  expect(said).toContain("resumed to the same bits: true");
});
