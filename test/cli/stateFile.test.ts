// State files: their format, and every field changed once: refused by type and place, or read as it stands.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { loadProgress, remaining, restoreFigures, saveProgress } from "../../src/cli/lib/resume.js";
import { loadImageSet } from "../../src/data/imageSet.js";
import { Stream } from "../../src/data/streams/index.js";
import { Runner } from "../../src/experiments/runner.js";
import { DigitsNet, loadSafetensors, saveSafetensors, saveTensors } from "../../src/nn/index.js";
import type { StoredTensor } from "../../src/nn/io/safetensors.js";
import { CheckpointError, memory, openDevice, Rng, tensor } from "../../src/tensor/index.js";
import { CollapseGuard } from "../../src/zerosiam/guard.js";
import { Tent } from "../../src/zerosiam/methods/index.js";

let folder = "";
let good = "";
let stream: Stream;
let metadata: ReadonlyMap<string, string>;
let tensors: ReadonlyMap<string, StoredTensor>;

/** A run of three batches of four images, with an alarm. */
async function withRun<T>(body: (runner: Runner) => Promise<T>): Promise<T> {
  const model = new DigitsNet({ rng: new Rng(1) });
  const method = new Tent(model, { lr: 1e-3 });
  try {
    return await body(new Runner(method, stream.length, new CollapseGuard(method, { window: 8 })));
  } finally {
    method.dispose();
    model.dispose();
  }
}

beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-state-"));
  good = join(folder, "good.safetensors");
  stream = new Stream({ set: await loadImageSet("assets/digits-test.safetensors"), batchSize: 4, limit: 12 });
  await withRun(async (runner) => {
    const { batches, shown } = remaining(stream, null);
    for (const batch of shown.counting(batches)) {
      using images = tensor(batch.images, batch.shape);
      await runner.step(batch, images);
    }
    runner.warnings.push({ images: 8, unanswered: 0, dominance: 1, entropyRatio: 0.2, normRatio: Number.NaN });
    await saveProgress(good, runner, shown, { interrupted: false, settings: { method: "tent", lr: 1e-3 } });
  });
  ({ metadata, tensors } = await loadSafetensors(good));
});
afterAll(() => rm(folder, { recursive: true }));

/** What `adapt` does with a state: null where it is read, else the error. */
async function resume(facts: ReadonlyMap<string, string>, stored = tensors): Promise<unknown> {
  const path = join(folder, "changed.safetensors");
  await saveSafetensors(path, stored, facts);
  return withRun(async (runner) => {
    try {
      const position = await loadProgress(path, runner, { method: "tent", lr: 1e-3 });
      const { seen } = remaining(stream, position);
      restoreFigures(runner, position, seen);
      return null;
    } catch (error) {
      return error;
    }
  });
}

const changed = (name: string, text: string | null) => {
  const facts = new Map(metadata);
  if (text === null) facts.delete(name);
  else facts.set(name, text);
  return facts;
};

test("a state says its format first, and is read with every figure", async () => {
  expect([...metadata][0]).toEqual(["format", "1"]);
  await withRun(async (runner) => {
    const position = await loadProgress(good, runner, null);
    expect(position).toMatchObject({ images: 12, notUpdated: 0, digest: metadata.get("digest") });
    const told = { images: 8, unanswered: 0, dominance: 1, entropyRatio: 0.2, normRatio: Number.NaN };
    expect(position.warnings.at(-1)).toEqual(told);
  });
});

test("a later format is refused by its number, whatever else it holds", async () => {
  const later = await resume(new Map([["format", "2"]]), new Map());
  expect(later).toBeInstanceOf(CheckpointError);
  expect(String(later)).toMatch(
    /changed.safetensors: a state of a run of format 2; this release reads up to format 1\n {2}help: .*: update zerosiam$/,
  );
});

test("what has no format, or another program's, is no state", async () => {
  await withRun(async (runner) => {
    const path = join(folder, "library.safetensors");
    await saveTensors(path, runner.method.state());
    await expect(loadProgress(path, runner, null)).rejects.toThrow("no state of a run, or one of a release before 0.2");
    await saveTensors(path, runner.method.state(), [["format", "pt"]]);
    await expect(loadProgress(path, runner, null)).rejects.toThrow('no state of a run: its format is "pt"');
  });
});

const NUMBERS = ["format", "images", "seconds", "notUpdated"];
const JSONS = [...NUMBERS, "interrupted", "settings", "warnings", "alarm"];
const ODD = ["", "NaN", '"12"', "-1", "1e999", "[1]", "[[]]", "{", "true1", "[".repeat(9000) + "]".repeat(9000)];
/** Left out, of another type, nested, huge. */
const CHANGES: [string, string | null][] = [
  ...["format", "method", "images", "digest", "interrupted", "settings", "seconds", "notUpdated", "warnings"].map(
    (name): [string, null] => [name, null],
  ),
  ...["method", "digest"].map((name): [string, string] => [name, ""]),
  ...JSONS.flatMap((name) => ODD.map((text): [string, string] => [name, text])),
  ...NUMBERS.flatMap((name): [string, string][] => [[name, "null"], [name, "{}"]]), // biome-ignore format: a table
  ...["format", "images", "notUpdated"].flatMap((name): [string, string][] => [[name, "1.5"], [name, "1e300"]]), // biome-ignore format: a table
  ...["images", "unanswered", "dominance", "entropyRatio", "normRatio"].flatMap((name) =>
    ["NaN", -1e-9, 1.5, {}, undefined].map((value): [string, string] => {
      const warning = { images: 8, unanswered: 0, dominance: 1, entropyRatio: 0.2, normRatio: 3 };
      return ["warnings", JSON.stringify([{ ...warning, [name]: value }])];
    }),
  ),
];
/** Numbers may be any; the alarm's state is `loadState`'s to judge. */
const FINE = ['Ratio":1.5', 'Ratio":-1e-9'];

it("every other change of a fact is refused by type and name, and leaves nothing on the device", async () => {
  await resume(metadata);
  const alive = memory().tensors;
  for (const [name, text] of CHANGES) {
    const error = await resume(changed(name, text));
    const what = `${name}: ${text?.slice(0, 80)}`;
    if (FINE.some((fine) => text?.includes(fine))) expect(error, what).toBeNull();
    else {
      expect(error, what).toBeInstanceOf(CheckpointError);
      if (name !== "alarm") expect(String(error), what).toMatch(new RegExp(`changed.safetensors: .*${name}`));
    }
    expect(memory().tensors, what).toBe(alive);
  }
});

describe("an answer that is none", () => {
  const withValue = (name: string, at: number, value: number) => {
    const stored = tensors.get(name) as StoredTensor;
    const values = new Float64Array(new Uint8Array(stored.data).buffer);
    values[at] = value;
    return new Map([...tensors, [name, { ...stored, data: new Uint8Array(values.buffer) }] as const]);
  };
  it.each<[string, string, number, number]>([
    ["a class that the model has not", "answers", 0, 10],
    ["half a class", "answers", 0, 0.5],
    ["no number for a class", "answers", 0, Number.NaN],
    ["a confidence above 1", "answers", 1, 1e300],
    ["no number for a confidence", "answers", 5, Number.NaN],
    ["a batch of another size", "steps", 0, 3],
    ["a negative count", "steps", 5, -1],
    ["an infinite count", "steps", 7, Number.POSITIVE_INFINITY],
  ])("is refused: %s", async (_, name, at, value) => {
    const error = await resume(metadata, withValue(`record.${name}`, at, value));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(String(error)).toContain("changed.safetensors: ");
  });
});
