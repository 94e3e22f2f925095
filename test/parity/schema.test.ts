// A manifest's json with one value changed: refused or counted as failed, by name, and nothing stays on the device.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runOpsParity } from "../../src/parity/ops.js";
import { memory, openDevice, ZeroSiamError } from "../../src/tensor/index.js";

let folder = "";
beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-schema-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ODD: readonly unknown[] = [null, 7, -1, "x", [], {}, true];

/** Every way to replace a value of `document`, at most three levels deep, by an odd one, or to leave it out. */
function* changed(document: object, depth = 3): Generator<object> {
  for (const [key, value] of Object.entries(document)) {
    const rest = Object.fromEntries(Object.entries(document).filter(([name]) => name !== key));
    yield rest;
    for (const odd of ODD) yield { ...rest, [key]: odd };
    if (depth === 1 || typeof value !== "object" || value === null || Array.isArray(value)) continue;
    for (const inner of changed(value, depth - 1)) yield { ...rest, [key]: inner };
  }
}

it("a manifest of ops", async () => {
  const { cases } = JSON.parse(await readFile("test/fixtures/ops/manifest.json", "utf8"));
  const [add] = cases;
  await cp("test/fixtures/ops/elementwise.safetensors", join(folder, add.file));
  const mutants = [...changed(add)];
  expect(mutants.length).toBeGreaterThan(90);
  const live = memory().tensors;
  let refused = 0;
  for (const mutant of mutants.filter((_, i) => i % 5 === 0)) {
    await writeFile(join(folder, "manifest.json"), JSON.stringify({ cases: [mutant] }));
    const outcome = await runOpsParity(folder).catch((error: unknown) => error);
    if (Array.isArray(outcome)) refused += Number(outcome.every(({ passed }) => !passed));
    else {
      expect(outcome, JSON.stringify(mutant)).toBeInstanceOf(ZeroSiamError);
      refused++;
    }
    expect(memory().tensors).toBe(live);
  }
  expect(refused).toBeGreaterThan(10);
});
