// Methods led through scenarios: what learns, what stays, when it starts anew, what is measured where.
import { beforeAll, expect, test } from "vitest";
import { loadDigits } from "../../src/data/digits.js";
import type { ImageSet } from "../../src/data/imageSet.js";
import { Stream } from "../../src/data/streams/index.js";
import type { StreamRecorder } from "../../src/experiments/recorder.js";
import { misclassified, runScenario } from "../../src/experiments/runner.js";
import { createScenario, type ScenarioOptions } from "../../src/experiments/scenarios/index.js";
import { cellResult } from "../../src/experiments/sweep/cellResult.js";
import { loadDigitsModel } from "../../src/nn/models/registry.js";
import { openDevice } from "../../src/tensor/index.js";
import { createMethod, type Method } from "../../src/zerosiam/methods/index.js";

let set: ImageSet;
let options: ScenarioOptions;

beforeAll(async () => {
  await openDevice();
  set = await loadDigits("validation");
  options = { set, corruptions: ["fog", "shear"], limit: 12, batchSize: 4, seed: 2 };
});

const fresh = async (name = "zerosiam"): Promise<Method> => createMethod(name, await loadDigitsModel(), { lr: 0.01 });
const stateOf = (method: Method) =>
  Promise.all([...method.state().values()].map(async (value) => [...(await value.data())]));
/** Entropies of all batches: they tell two runs apart to the last bit. */
const trace = async (method: Method, name: string, given: Partial<ScenarioOptions> = {}) => {
  const runners = await runScenario(method, await createScenario(name, { ...options, ...given }));
  return [...(runners ?? new Map())].flatMap(([, { recorder }]) =>
    recorder.rows.map((row: { entropy: number }) => row.entropy),
  );
};

test("never, phase and batch reset as they say", async () => {
  const alone = await trace(await fresh(), "iid", { corruptions: ["shear"] });
  const continual = await trace(await fresh(), "continual");
  const anew = await trace(await fresh(), "iid");
  expect(continual.slice(0, 3)).toEqual(anew.slice(0, 3));
  expect(anew.slice(3)).toEqual(alone);
  expect(continual.slice(3)).not.toEqual(alone);
  // Episodic: every batch is answered by the source.
  expect(await trace(await fresh(), "iid", { reset: "batch" })).toEqual(
    await trace(await fresh("source"), "continual"),
  );
});

test("a frozen phase answers by what was learnt before, and changes nothing", async () => {
  const method = await fresh();
  const scenario = await createScenario("noise-first", options);
  const [noise, all] = scenario.phases;
  await runScenario(method, { ...scenario, phases: [noise] });
  const before = await stateOf(method);
  const runners = await runScenario(method, { ...scenario, phases: [all] });
  expect(await stateOf(method)).toEqual(before);
  const { terms, accuracy } = runners?.get("all")?.recorder ?? {};
  expect(Object.values(terms?.[0] ?? {})).toEqual(Array(4).fill(null));
  const whole = await runScenario(await fresh(), scenario);
  expect([...(whole?.keys() ?? [])]).toEqual(["noise", "all"]);
  expect(whole?.get("all")?.recorder.accuracy).toBe(accuracy);
  expect(whole?.get("noise")?.recorder.terms[0].alignment).toBe(0); // the predictor starts as the identity
  expect(whole?.get("noise")?.recorder.accuracy).toBeNaN(); // noise has no right answer
});

test("phases of one name share a recorder whose window is that of them all", async () => {
  const runners = await runScenario(await fresh(), await createScenario("return-to-source", { ...options, probes: 2 }));
  expect([...(runners?.keys() ?? [])]).toEqual(["clean 0", "corrupted", "clean 1", "clean 2", "return"]);
  const recorder = runners?.get("corrupted")?.recorder;
  expect(recorder?.n).toBe(24);
  // A quarter of 24 is 6: there in the second batch of four.
  expect(recorder?.rows.map(({ dominantShare }) => dominantShare === null)).toEqual([true, ...Array(5).fill(false)]);
  expect([...(recorder?.perCorruption.keys() ?? [])].sort()).toEqual(["fog", "shear"]);
});

test("the blind spot is made of what the source model gets wrong", async () => {
  const source = await fresh("source");
  const stream = new Stream({
    set,
    corruptions: ["fog", "shear"],
    limit: 60,
    batchSize: 30,
    seed: 2,
    order: "shuffle",
  });
  const wrong = await misclassified(source, stream);
  const runners = await runScenario(source, {
    phases: [{ name: "x", stream, adapt: true }],
    headline: "x",
    reset: "never",
  });
  const { predictions, accuracy } = runners?.get("x")?.recorder ?? { predictions: [], accuracy: 0 };
  expect(wrong).toEqual(predictions.flatMap((p, i) => (p === stream.sample(i).label ? [] : [i])));
  expect(wrong.length).toBe(Math.round((1 - accuracy) * 120));
  const given = { ...options, limit: 60, misclassified: (whole: Stream) => misclassified(source, whole) };
  const spot = await runScenario(source, await createScenario("blind-spot", given));
  expect(spot?.get("blind spot")?.recorder.accuracy).toBe(0);
  expect(spot?.get("all")?.recorder.accuracy).toBe(accuracy);
});

test("a run that is stopped has no result", async () => {
  let batches = 0;
  const hooks = { stopped: () => batches === 2, onBatch: () => void batches++ };
  expect(await runScenario(await fresh(), await createScenario("mixed", options), hooks)).toBeNull();
  expect(batches).toBe(2);
});

test("the result of a cell is what was recorded, and survives JSON", async () => {
  const scenario = await createScenario("noise-first", options);
  const runners = (await runScenario(await fresh(), scenario)) ?? new Map();
  const result = cellResult(scenario, runners, { curves: true });
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(result.headline).toBe("all");
  const [noise, all] = ["noise", "all"].map((name) => runners.get(name)?.recorder as StreamRecorder);
  const { accuracy, entropy, logitNorm, calibrationError } = all.total;
  expect(result.phases["all"]).toMatchObject({ n: 24, accuracy, entropy, logitNorm, ece: calibrationError });
  expect(result.phases["all"].dominantShare).toBe(all.rows[all.rows.length - 1].dominantShare);
  expect(result.phases["all"].perCorruption["fog"]).toMatchObject({
    n: 12,
    accuracy: all.perCorruption.get("fog")?.accuracy,
  });
  expect(result.phases["noise"]).toMatchObject({ accuracy: null, ece: null, notUpdated: 0 });
  const alignments = noise.terms.map(({ alignment }) => alignment as number);
  expect(result.phases["noise"].terms.alignment).toBeCloseTo(alignments.reduce((a, b) => a + b) / 6, 12);
  expect(result.phases["noise"].terms.predictorDistance).toBe(noise.terms[5].predictorDistance);
  expect(result.curves?.phase).toBe("noise");
  expect(result.curves?.rows.map(({ step, accuracy: a }) => [step, a])).toEqual(
    [1, 2, 3, 4, 5, 6].map((i) => [i, null]),
  );
  expect(result.curves?.classShare).toHaveLength(6);
  expect(cellResult(scenario, runners).curves).toBeUndefined();
});
