// The scenarios: which phases they have, of which samples, and that their bytes are the same everywhere.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { CorruptionName } from "../../src/data/corruptions/index.js";
import { loadDigits } from "../../src/data/digits.js";
import type { ImageSet } from "../../src/data/imageSet.js";
import { noiseImages } from "../../src/data/noise.js";
import type { Stream } from "../../src/data/streams/index.js";
import {
  createScenario,
  SCENARIOS,
  type Scenario,
  type ScenarioOptions,
} from "../../src/experiments/scenarios/index.js";
import { ConfigError, ShapeError } from "../../src/tensor/errors.js";

let digits: ImageSet;
let options: ScenarioOptions;
const corruptions: CorruptionName[] = ["fog", "shear"];

beforeAll(async () => {
  digits = await loadDigits("validation");
  // Each third sample counts as wrong.
  const misclassified = async ({ length }: Stream) => Array.from({ length }, (_, i) => i).filter((i) => i % 3 === 0);
  options = { set: digits, corruptions, limit: 50, pick: "draw", seed: 4, misclassified };
});

/** Name, images, images a batch, and whether it learns. */
const outline = ({ phases }: Scenario) =>
  phases.map(({ name, stream, adapt }) => `${name}: ${stream.length} by ${stream.batchSize}${adapt ? "" : ", frozen"}`);

const samplesOf = (stream: Stream) => Array.from({ length: stream.length }, (_, i) => stream.sample(i));

describe("the scenarios", () => {
  it.each([
    ["iid", "phase", ["stream: 50 by 64", "stream: 50 by 64"]],
    ["continual", "never", ["stream: 50 by 64", "stream: 50 by 64"]],
    ["label-shift", "phase", ["stream: 50 by 64", "stream: 50 by 64"]],
    ["class-ordered", "never", ["stream: 100 by 16"]],
    ["mixed", "never", ["stream: 100 by 64"]],
    ["batch-1", "never", ["stream: 100 by 1"]],
    ["label-shift-batch-1", "never", ["stream: 100 by 1"]],
    ["blind-spot", "never", ["blind spot: 100 by 1", "all: 100 by 64, frozen"]],
    ["noise-first", "never", ["noise: 100 by 64", "all: 100 by 64, frozen"]],
  ])("%s has its phases, and resets: %s", async (name, reset, phases) => {
    const scenario = await createScenario(name, options);
    expect(outline(scenario)).toEqual(phases);
    expect(scenario.reset).toBe(reset);
    expect(scenario.phases.map((phase) => phase.name)).toContain(scenario.headline);
  });

  it("return-to-source measures clean accuracy on the way, and comes back", async () => {
    const scenario = await createScenario("return-to-source", { ...options, batchSize: 10, probes: 4 });
    expect(outline(scenario)).toEqual([
      "clean 0: 50 by 10, frozen",
      ...[20, 30, 20, 30].flatMap((n, i) => [`corrupted: ${n} by 10`, `clean ${i + 1}: 50 by 10, frozen`]),
      "return: 50 by 10",
    ]);
    const { phases } = scenario;
    const [mixed] = (await createScenario("mixed", { ...options, batchSize: 10 })).phases;
    const corrupted = phases.filter(({ name }) => name === "corrupted").flatMap(({ stream }) => samplesOf(stream));
    expect(corrupted).toEqual(samplesOf(mixed.stream));
    expect(new Set(samplesOf(phases[0].stream).map(({ corruption }) => corruption))).toEqual(new Set(["clean"]));
    // Never more probes than batches.
    expect((await createScenario("return-to-source", options)).phases).toHaveLength(2 + 2 * 2);
  });

  it.each([0, -3, 2.5, Number.NaN])(
    "return-to-source refuses %d probes, which would leave images out",
    async (probes) => {
      await expect(createScenario("return-to-source", { ...options, probes })).rejects.toThrow(ConfigError);
    },
  );

  it("a sequence shows one corruption a phase; a pooled scenario shows all in one", async () => {
    const shown = async (name: string) =>
      (await createScenario(name, options)).phases.map(({ stream }) => [
        ...new Set(samplesOf(stream).map(({ corruption }) => corruption)),
      ]);
    expect(await shown("continual")).toEqual([["fog"], ["shear"]]);
    expect((await shown("mixed")).map((names) => names.sort())).toEqual([["fog", "shear"]]);
  });

  it("compose: order, corruptions, batch size and reset are the caller's to replace", async () => {
    const given = { order: "class", batchSize: 7, reset: "batch", corruptions: ["stripe"] } as const;
    const { phases, reset } = await createScenario("iid", { ...options, ...given });
    expect(reset).toBe("batch");
    expect(phases.map(({ stream }) => [stream.length, stream.batchSize])).toEqual([[50, 7]]);
    const labels = samplesOf(phases[0].stream).map(({ label }) => label);
    expect(labels).toEqual(labels.toSorted((a, b) => a - b));
  });

  it("the blind spot is drawn from what is wrong, with repeats, and the evaluation is whole", async () => {
    const [spot, all] = (await createScenario("blind-spot", options)).phases;
    const key = (sample: object): string => JSON.stringify(sample);
    const wrong = new Set(samplesOf(all.stream).flatMap((sample, i) => (i % 3 === 0 ? [key(sample)] : [])));
    const shown = samplesOf(spot.stream).map(key);
    expect(shown.filter((sample) => !wrong.has(sample))).toEqual([]);
    // 100 draws out of 34 miss e⁻³ of them: 32.3 ± 1.2 differ.
    expect(Math.abs(new Set(shown).size - 32.3)).toBeLessThan(6);
    expect(new Set(samplesOf(all.stream).map(key)).size).toBe(100);
  });

  it("show other images as they are unless corruptions are asked for", async () => {
    const noise = noiseImages({ ...digits, height: 32, width: 32, channels: 3 }, 6, 0);
    const set = { ...noise, labels: Int32Array.of(0, 1, 2, 0, 1, 2) };
    for (const name of SCENARIOS) {
      const { phases } = await createScenario(name, { set, misclassified: async () => [2] });
      for (const { stream } of phases) {
        for (const { shape, corruptions } of stream) {
          expect(shape.slice(1)).toEqual([3, 32, 32]);
          expect(new Set(corruptions)).toEqual(new Set(["clean"]));
        }
      }
    }
    await expect(createScenario("mixed", { set, corruptions })).rejects.toThrow(ShapeError);
  });

  it("give the stored bytes", async () => {
    const lines: string[] = [];
    for (const name of SCENARIOS) {
      const { phases } = await createScenario(name, { ...options, limit: 12 });
      const hash = createHash("sha256");
      for (const { name: phase, stream } of phases) {
        for (const { images, labels, corruptions } of stream) {
          hash.update(phase).update(new Uint8Array(images.buffer));
          hash.update(new Uint8Array(labels.buffer)).update(corruptions.join());
        }
      }
      lines.push(`${name} ${hash.digest("hex")}\n`);
    }
    await expect(lines.join("")).toMatchFileSnapshot("scenarios.sha256.txt");
  });

  it("refuse unknown names, a missing source, a source without mistakes, and resets that undo what is measured", async () => {
    await expect(createScenario("toString", options)).rejects.toThrow(/unknown scenario "toString"/);
    const { misclassified: _, ...without } = options;
    await expect(createScenario("blind-spot", without)).rejects.toThrow(ConfigError);
    await expect(createScenario("blind-spot", { ...options, misclassified: async () => [] })).rejects.toThrow(/right/);
    for (const name of ["blind-spot", "noise-first", "return-to-source"]) {
      await expect(createScenario(name, { ...options, reset: "phase" })).rejects.toThrow(/undo/);
    }
  });

  it("refuse options that no scenario has by its own name, and list those that there are", async () => {
    const refused = async (slip: object): Promise<string> =>
      createScenario("mixed", { ...options, ...slip }).then(
        () => "taken",
        (error: Error) => error.message,
      );
    const message = await refused({ batch: 4 });
    expect(message).toMatch(/^createScenario\("mixed"\): unknown option "batch"\n.*misclassified/);
    expect(message).not.toContain("positions");
    expect(await refused({ positions: [0] })).toMatch(/^createScenario\("mixed"\): unknown option "positions"/);
    expect(await refused({ set: "test" })).toMatch(/^createScenario\("mixed"\): set is "test"/);
  });

  it("refuse a reset that is none, and an order that would change nothing", async () => {
    const reset = "bacth" as "batch";
    await expect(createScenario("iid", { ...options, reset })).rejects.toThrow(
      /createScenario\("iid"\): unknown reset "bacth"/,
    );
    for (const name of ["blind-spot", "noise-first"]) {
      await expect(createScenario(name, { ...options, order: "class" })).rejects.toThrow(/order "class" would change/);
      await expect(createScenario(name, { ...options, order: "shuffle" })).resolves.toHaveProperty("headline", "all");
    }
  });
});

describe("images of noise", () => {
  it("are Gaussian, of the size asked for, without labels, the same at every call and others at every index", () => {
    const { make, labels, count } = noiseImages({ ...digits, height: 32, width: 32, channels: 3 }, 50, 1);
    expect(count).toBe(50);
    expect(new Set(labels)).toEqual(new Set([-1]));
    expect(make(3)).toEqual(make(3));
    expect(make(3)).not.toEqual(make(4));
    const values = Array.from({ length: 50 }, (_, i) => [...make(i)]).flat();
    expect(values.length).toBe(50 * 3072);
    // Of N(127.5, 63.75²), clamped: 15.9 % lie below one deviation, 2.3 % at each end beyond two.
    const share = (test: (v: number) => boolean) => values.filter(test).length / values.length;
    expect(share((v) => v < 63.75)).toBeCloseTo(0.1587, 2);
    expect(share((v) => v === 0)).toBeCloseTo(0.0232, 2);
    expect(share((v) => v === 255)).toBeCloseTo(0.0232, 2);
    // The mean's deviation is σ/√n = 0.16.
    expect(Math.abs(values.reduce((a, b) => a + b) / values.length - 127.5)).toBeLessThan(0.7);
  });
});
