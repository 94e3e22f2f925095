// The json of step fixtures, changed one value at a time: what no longer fits is a case that failed, never a TypeError.
import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { type StepFixture, toStepFixture } from "../../src/parity/stepFixture.js";
import { runStepParity } from "../../src/parity/steps.js";
import { memory, openDevice, ZeroSiamError } from "../../src/tensor/index.js";

type Json = Record<string, unknown> | unknown[];

let text = "";
beforeAll(async () => {
  await openDevice();
  const fixture = JSON.parse(await readFile("test/fixtures/zerosiam/mlp_ln.json", "utf8"));
  const { tent } = fixture.runs;
  const adapted = { ...tent, log: tent.log.slice(0, 1) };
  text = JSON.stringify({ ...fixture, steps: 1, runs: { tent: adapted } });
});

/** Every place of a document: the object that holds it, and the key there. */
function* places(json: Json): Generator<[holder: Json, key: string]> {
  for (const [key, value] of Object.entries(json)) {
    yield [json, key];
    if (typeof value === "object" && value !== null) yield* places(value as Json);
  }
}

const VALUES: readonly unknown[] = [null, -1, 0.5, 1e12, "x", true, [], {}, ["x"], undefined];

/** The `n`-th change of the document. */
function changed(n: number): unknown {
  const json = JSON.parse(text);
  const all = [...places(json)];
  const [holder, key] = all[Math.floor(n / VALUES.length) % all.length];
  Reflect.set(holder, key, VALUES[n % VALUES.length]);
  return JSON.parse(JSON.stringify(json));
}

it("fails typed, or as a case, whatever value stands in the wrong place, and leaves no tensor alive", async () => {
  const count = [...places(JSON.parse(text))].length * VALUES.length;
  const alive = memory().tensors;
  let refused = 0;
  for (let n = 0; n < count; n += 41) {
    try {
      const fixture: StepFixture = toStepFixture(changed(n), "mlp_ln.json");
      const results = await runStepParity(fixture, "test/fixtures/zerosiam/mlp_ln.safetensors");
      for (const { detail } of results) expect(typeof detail, String(n)).toBe("string");
    } catch (error) {
      expect(error, `change ${n}: ${JSON.stringify(changed(n))}`).toBeInstanceOf(ZeroSiamError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(memory().tensors).toBe(alive);
});
