// Cases of op fixtures, changed one value at a time: what no longer fits is a case that failed, never a TypeError.
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runOpsParity } from "../../src/parity/ops.js";
import { memory, openDevice, ZeroSiamError } from "../../src/tensor/index.js";

const FOLDER = "test/fixtures/ops";
const VALUES: readonly unknown[] = [null, -1, 0.5, 1e12, "x", true, [], {}, ["x"], [[0]], undefined];
/** Only every so many-th change is tried. */
const STRIDE = 199;
type Json = Record<string, unknown> | unknown[];

let folder = "";
let cases: { id: string; op: string; file: string }[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-manifest-"));
  await openDevice();
  cases = JSON.parse(await readFile(join(FOLDER, "manifest.json"), "utf8")).cases;
  for (const file of new Set(cases.map((one) => one.file))) await copyFile(join(FOLDER, file), join(folder, file));
});
afterAll(() => rm(folder, { recursive: true }));

/** Every place of a document: the object that holds it, and the key there. */
function* places(json: Json): Generator<[holder: Json, key: string]> {
  for (const [key, value] of Object.entries(json)) {
    yield [json, key];
    if (typeof value === "object" && value !== null) yield* places(value as Json);
  }
}

it("fails typed, or as a case, whatever value stands in the wrong place, and leaves no tensor alive", async () => {
  const first = [...new Map(cases.map((one) => [one.op, one])).values()];
  const alive = memory().tensors;
  let n = 0;
  for (const one of first) {
    const wrong = VALUES.flatMap((value) =>
      [...places(one as unknown as Json)].flatMap((_, at) => {
        if (n++ % STRIDE !== 0) return [];
        const copy = structuredClone(one) as unknown as Json;
        const [holder, key] = [...places(copy)][at];
        Reflect.set(holder, key, value);
        return [copy];
      }),
    );
    for (const [i, copy] of wrong.entries()) {
      await writeFile(join(folder, "manifest.json"), JSON.stringify({ cases: [copy] }));
      try {
        await runOpsParity(folder);
      } catch (error) {
        expect(error, `${one.op}, ${i}: ${JSON.stringify(copy)}`).toBeInstanceOf(ZeroSiamError);
      }
    }
  }
  expect(memory().tensors).toBe(alive);
});
