// The collapse alarm: what it takes to fire, on made answers, and what a guard does, on a collapsing method.
import { beforeAll, describe, expect, test } from "vitest";
import { loadDigits } from "../../src/data/digits.js";
import { createScenario } from "../../src/experiments/scenarios/index.js";
import { loadDigitsModel } from "../../src/nn/models/registry.js";
import { CheckpointError, ConfigError, openDevice, tensor } from "../../src/tensor/index.js";
import { type AlarmState, CollapseAlarm } from "../../src/zerosiam/alarm.js";
import { answers } from "../../src/zerosiam/answers.js";
import { CollapseGuard, type GuardOptions } from "../../src/zerosiam/guard.js";
import { createMethod, type MethodOptions } from "../../src/zerosiam/methods/index.js";

/** Answers with the class `label`, longer logits being surer ones; 4 classes. */
const answer = (label: number, length: number) => Array.from({ length: 4 }, (_, c) => (c === label ? length : 0));
const WINDOW = 20;
const alarm = () => new CollapseAlarm(4, { window: WINDOW });
const rows = (n: number, row: (i: number) => number[]) =>
  Float32Array.from(Array.from({ length: n }, (_, i) => row(i)).flat());

/** A first window of unsure answers: entropies near 1 nat. */
const start = rows(WINDOW, (i) => answer(i % 4, 2));

describe("the alarm", () => {
  test("fires when one class, sureness and longer logits come together, and says what it saw", () => {
    const a = alarm();
    expect(a.observe(start)).toBeNull();
    const warning = a.observe(rows(WINDOW, () => answer(3, 8)));
    expect(warning).toMatchObject({ images: 2 * WINDOW, dominance: 1, normRatio: 4 });
    expect(warning?.entropyRatio).toBeLessThan(0.05);
  });

  test("fires when answers no longer say anything, whatever class they favour by a hair", () => {
    const a = alarm();
    a.observe(start);
    expect(a.observe(rows(WINDOW, (i) => answer(i % 4, 0.5)))).toMatchObject({ dominance: 0.25, normRatio: 0.25 });
    expect(a.observe(rows(WINDOW, (i) => answer(i % 4, 1.5)))).toBeNull();
  });

  const nothing = () => Array<number>(4).fill(Number.NaN);
  test("fires when most images have no answer, be it in the first window", () => {
    for (const healthy of [0, 1]) {
      const a = alarm();
      if (healthy) a.observe(start);
      const warning = a.observe(rows(WINDOW, (i) => (i < 11 ? nothing() : answer(i % 4, 2))));
      expect(warning).toMatchObject({ images: (1 + healthy) * WINDOW, unanswered: 0.55 });
      expect(a.observe(rows(WINDOW, nothing))).toMatchObject({ unanswered: 1, dominance: 0, entropyRatio: Number.NaN });
    }
  });

  test("takes no window without answers, or of saturated ones, for what is well, and hears a collapse later", () => {
    for (const odd of [nothing(), answer(1, 2000)]) {
      const a = alarm();
      a.observe(rows(WINDOW, () => odd));
      expect(a.state().reference).toBeNull();
      const again = alarm();
      again.loadState(JSON.parse(JSON.stringify(a.state())));
      expect(again.observe(start)).toBeNull();
      expect(again.state().reference?.logitNorm).toBe(2);
      expect(again.observe(rows(WINDOW, () => answer(3, 8)))).toMatchObject({ dominance: 1, normRatio: 4 });
    }
  });

  test("goes on as if nothing had happened from what it had heard, images without an answer included", () => {
    const heard = [...start, ...rows(7, (i) => answer(3, i === 2 ? Number.NaN : 8))];
    const [whole, first, second] = [alarm(), alarm(), alarm()];
    for (const a of [whole, first])
      for (let i = 0; i < heard.length; i += 4) a.observe(Float32Array.from(heard.slice(i, i + 4)));
    second.loadState(JSON.parse(JSON.stringify(first.state())));
    expect(second.state()).toEqual(whole.state());
    const rest = Array.from({ length: 30 }, () => rows(1, () => answer(3, 8)));
    const warnings = rest.map((row) => whole.observe(row));
    expect(warnings.filter(Boolean)).toHaveLength(1);
    expect(rest.map((row) => second.observe(row))).toEqual(warnings);
  });

  test.each([
    null,
    "heard",
    { images: -1 },
    { reference: { entropy: 1 } },
    { reference: { entropy: 0, logitNorm: 1 } },
    { reference: { entropy: null, logitNorm: 1 } },
    { images: 1 },
    { trailing: [[4, 1, 1]] },
    { trailing: [[0, 1]] },
    { trailing: [[0, 1, 1, 1]] },
    { trailing: [[0, null, 1]] },
    { trailing: Array(WINDOW + 1).fill(null) },
  ])("refuses %j as what it has heard, and keeps its own", (wrong) => {
    const a = alarm();
    a.observe(start);
    const before = a.state();
    const state = typeof wrong === "object" && wrong ? { ...before, ...wrong } : wrong;
    expect(() => a.loadState(state as AlarmState)).toThrow(CheckpointError);
    expect(a.state()).toEqual(before);
  });

  const entropy = 1; // about that of answer(c, 2), in nats
  test.each([
    ["sure answers of all classes", { entropy, logitNorm: 2 }, (i: number) => answer(i % 4, 8)],
    ["one class, as unsure as before: a sorted stream", { entropy, logitNorm: 1.5 }, () => answer(3, 2)],
    ["one class, sure, but of no longer logits", { entropy: 10 * entropy, logitNorm: 2 }, () => answer(3, 2)],
  ])("stays silent on %s", (_, reference, row) => {
    const a = new CollapseAlarm(4, { window: WINDOW, reference });
    expect(a.observe(rows(3 * WINDOW, row))).toBeNull();
  });

  test("needs a full window beside its reference, however the batches are cut", () => {
    const [whole, single] = [alarm(), alarm()];
    whole.observe(start);
    for (let i = 0; i < WINDOW; i++) single.observe(start.subarray(4 * i, 4 * i + 4));
    const collapsed = rows(WINDOW, () => answer(1, 8));
    const fired = Array.from(
      { length: WINDOW },
      (_, i) => single.observe(collapsed.subarray(4 * i, 4 * i + 4)) !== null,
    );
    expect(fired.indexOf(true)).toBe(16); // 17 of its own and one that is left of the first window: 18 of 20
    expect(whole.observe(collapsed)).not.toBeNull();
  });

  test("takes a reference that it is given, and can then fire within the first window", () => {
    const a = new CollapseAlarm(4, { window: WINDOW, reference: { entropy: 1, logitNorm: 2 } });
    expect(a.observe(rows(WINDOW, () => answer(0, 8)))).toMatchObject({ images: WINDOW });
  });

  test("begins a new window after a warning, so that it does not fire at every batch", () => {
    const a = alarm();
    a.observe(start);
    expect(a.observe(rows(WINDOW, () => answer(2, 8)))).not.toBeNull();
    expect(a.observe(rows(WINDOW - 1, () => answer(2, 8)))).toBeNull();
    expect(a.observe(rows(1, () => answer(2, 8)))).not.toBeNull();
  });

  test("counts answers that are not finite to no class", () => {
    const a = alarm();
    a.observe(start);
    expect(a.observe(rows(WINDOW, (i) => (i % 4 === 0 ? [Number.NaN, 0, 0, 0] : answer(2, 8))))).toBeNull();
  });

  test.each([
    { window: 0 },
    { window: 1.5 },
    { reference: { entropy: 0, logitNorm: 1 } },
    { reference: { entropy: 1, logitNorm: Number.NaN } },
  ])("refuses %j", (options) => expect(() => new CollapseAlarm(4, options)).toThrow(ConfigError));
});

describe("a guard on sorted digits", () => {
  beforeAll(async () => {
    await openDevice();
  });

  /** Runs a method over a stream sorted by class. */
  async function run(name: string, options: MethodOptions, guarded: GuardOptions) {
    const set = await loadDigits("validation");
    const [{ stream }] = (await createScenario("class-ordered", { set, seed: 0, pick: "draw", limit: 60 })).phases;
    const method = createMethod(name, await loadDigitsModel(), options);
    const guard = new CollapseGuard(method, guarded);
    const fired: number[] = [];
    let right = 0;
    for (const { images, shape, labels } of stream) {
      using x = tensor(images, shape);
      const logits = (await method.step(x).logits.data()) as Float32Array;
      for (const [i, { prediction }] of answers(logits, 10).entries()) right += Number(prediction === labels[i]);
      const warning = guard.observe(logits);
      if (warning) fired.push(warning.images);
    }
    const rateScale = await method.state().get("rateScale")?.item();
    method.dispose();
    return { fired, rateScale, accuracy: right / stream.length };
  }

  test("hears Tent collapse, and leaves it alone when it is only to warn", async () => {
    const { fired, rateScale } = await run("tent", { lr: 2e-3 }, {});
    expect(fired.length).toBeGreaterThan(0);
    expect(rateScale).toBe(1);
  });

  test("is silent on the source and on ZeroSiam at its rates", async () => {
    expect((await run("source", { lr: 0 }, {})).fired).toEqual([]);
    expect((await run("zerosiam", { lr: 1e-3, lrPredictor: 1e-2 }, {})).fired).toEqual([]);
  });

  test("names the steps that eight windows take", () => {
    expect(CollapseGuard.historyFor(64)).toBe(16);
    expect(CollapseGuard.historyFor(64, 20)).toBe(3); // 160 images
  });

  test("rolls back and halves the rates when asked to", async () => {
    const { fired, rateScale, accuracy } = await run("tent", { lr: 2e-3, history: 16 }, { response: "rollback" });
    expect(fired.length).toBeGreaterThan(0);
    expect(rateScale).toBe(0.5 ** fired.length);
    const unguarded = await run("tent", { lr: 2e-3 }, {});
    expect(fired.length).toBeLessThan(unguarded.fired.length);
    expect(accuracy).toBeGreaterThan(unguarded.accuracy);
  });

  test("takes over the states of method and alarm, both or neither", async () => {
    const made = async () => new CollapseGuard(createMethod("tent", await loadDigitsModel(), { lr: 2e-3 }));
    const [from, to] = [await made(), await made()];
    from.observe(rows(3, () => [...answer(1, 2), 0, 0, 0, 0, 0, 0]));
    const saved = new Map([...from.method.state()].map(([name, t]) => [name, t.detach()]));
    const before = to.alarm.state();
    const broken = new Map([...saved].slice(1));
    expect(() => to.loadState(broken, from.alarm.state())).toThrow(CheckpointError);
    expect(to.alarm.state()).toEqual(before);
    expect(() => to.loadState(saved, { ...before, images: -1 })).toThrow(CheckpointError);
    to.loadState(saved, from.alarm.state());
    expect(to.alarm.state()).toEqual(from.alarm.state());
    expect(to.alarm.state().images).toBe(3);
  });

  test("has heard nothing of a batch that it cannot roll back from", async () => {
    const method = createMethod("tent", await loadDigitsModel(), { lr: 2e-3, history: 4 });
    const reference = { entropy: 1, logitNorm: 1 };
    const guard = new CollapseGuard(method, { response: "rollback", window: 1, reference });
    expect(() => guard.observe(Float32Array.of(100, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toThrow("rollback: 0 steps of the 0");
    expect(guard.alarm.state()).toEqual({ images: 0, reference, trailing: [] });
    expect(await method.state().get("rateScale")?.item()).toBe(1);
    method.dispose();
  });

  test("counts steps of one image or more, and alarms look back on so many", () => {
    for (const images of [0, -1, Number.NaN, 1.5, "16" as unknown as number]) {
      expect(() => CollapseGuard.historyFor(images)).toThrow(ConfigError);
      expect(() => CollapseGuard.historyFor(16, images)).toThrow(ConfigError);
    }
    expect(() => new CollapseAlarm(10, { window: 2 ** 31 })).toThrow("pass one integer from 1 to 16777216");
  });

  test("cannot roll back a method without a history, and refuses bad options", async () => {
    const method = createMethod("tent", await loadDigitsModel(), { lr: 2e-3 });
    expect(() => new CollapseGuard(method, { response: "rollback" })).toThrow("make the method with { history: n }");
    method.dispose();
    await expect(run("tent", { lr: 0 }, { response: "panic" as "warn" })).rejects.toThrow(ConfigError);
    await expect(run("tent", { lr: 0 }, { rateFactor: -1 })).rejects.toThrow(ConfigError);
  });
});
