// A sweep's file: what it expands to, and where an error says it is.
import { describe, expect, it } from "vitest";
import { toSweepConfig } from "../../src/experiments/sweep/config.js";
import { compareSettings } from "../../src/experiments/sweep/grid.js";
import { ConfigError } from "../../src/tensor/errors.js";

const GRID = {
  methods: ["source", "tent", "zerosiam"],
  streams: ["mixed"],
  seeds: 2,
  rates: [1e-3],
  predictorRatio: 10,
};
const BASE = { model: "digits", weights: "w.safetensors", data: { test: "t.safetensors" }, grids: [GRID] };
/** 3000 of them by 3000 are more than can be run. */
const MANY = Array.from({ length: 3000 }, (_, i) => (i + 1) / 3000);
const read = (document: unknown) => toSweepConfig(document, "s.json", "/folder");

describe("a sweep's file", () => {
  it("expands to every combination, each once, with the rates that a method has", () => {
    const { settings, weights, data, curves } = read({ ...BASE, grids: [GRID, { ...GRID, seeds: [1, 7] }] });
    expect({ weights, data, curves }).toEqual({
      ...{ weights: "/folder/w.safetensors", data: { test: "/folder/t.safetensors" }, curves: false },
    });
    const common = { model: "digits", stream: "mixed", part: "test", batchSize: null };
    const rates = {
      source: { lr: null, lrPredictor: null },
      tent: { lr: 1e-3, lrPredictor: null },
      zerosiam: { lr: 1e-3, lrPredictor: 1e-2 },
    };
    const expected = (seeds: number[]) =>
      Object.entries(rates).flatMap(([method, own]) => seeds.map((seed) => ({ ...common, method, ...own, seed })));
    expect(settings).toEqual([...expected([0, 1]), ...expected([7])]);
  });

  it("tries the listed options, batch sizes, streams and parts one by one", () => {
    const grid = {
      ...{ methods: "zerosiam", streams: ["mixed", "iid"], parts: ["validation", "test"], seeds: [3] },
      ...{ rates: { lr: 1, lrPredictor: 0 }, batchSizes: [null, 1], options: { alpha: [0, 1], limit: 5 } },
    };
    const { settings } = read({ ...BASE, data: { validation: "v", test: "t" }, grids: [grid] });
    expect(settings.length).toBe(2 * 2 * 2 * 2);
    const one = { method: "zerosiam", stream: "iid", part: "validation", batchSize: 1, lr: 1, lrPredictor: 0 };
    expect(settings).toContainEqual({ model: "digits", ...one, alpha: 0, limit: 5, seed: 3 });
  });

  const wrong: [place: string, document: unknown][] = [
    ["s.json: [] is no object", []],
    ["s.json: grids[0]: 3 is no object", { ...BASE, grids: [3] }],
    ['s.json: model: "vgg" is unknown\n  help: known are digits', { ...BASE, model: "vgg" }],
    ["s.json: weights: missing", { ...BASE, weights: undefined }],
    ['s.json: wieghts: "w" is not known here', { ...BASE, wieghts: "w" }],
    ["s.json: grids: [] is no list with something in it", { ...BASE, grids: [] }],
    ['s.json: grids[0].methods[1]: "tnet" is unknown', { ...BASE, grids: [{ ...GRID, methods: ["tent", "tnet"] }] }],
    ["s.json: grids[0].rates[1]: -1 is no finite number ≥ 0", { ...BASE, grids: [{ ...GRID, rates: [1, -1] }] }],
    ["s.json: grids[0].rates: missing\n  help: tent learns", { ...BASE, grids: [{ ...GRID, rates: undefined }] }],
    ["s.json: grids[0].seeds: 1.5 is no integer ≥ 1", { ...BASE, grids: [{ ...GRID, seeds: 1.5 }] }],
    [
      "s.json: grids[0].seeds: 5000000000 is no integer ≥ 1 and ≤ 100000",
      { ...BASE, grids: [{ ...GRID, seeds: 5e9 }] },
    ],
    [
      "s.json: grids: 54000000 combinations are more than 100000",
      { ...BASE, grids: [{ ...GRID, rates: MANY, batchSizes: MANY.map((_, i) => i + 1) }] },
    ],
    ["s.json: grids[0].batchSizes: 0 is no integer ≥ 1", { ...BASE, grids: [{ ...GRID, batchSizes: 0 }] }],
    [
      "s.json: grids[0].options.severity: 6 is no integer ≥ 1 and ≤ 5",
      { ...BASE, grids: [{ ...GRID, options: { severity: 6 } }] },
    ],
    ["s.json: grids[0].options.aplha: 1 is not known", { ...BASE, grids: [{ ...GRID, options: { aplha: 1 } }] }],
    ["s.json: grids[0]: runs on the validation part", { ...BASE, grids: [{ ...GRID, parts: "validation" }] }],
  ];
  it.each(wrong)("is refused with the place: %s", (place, document) => {
    expect(() => read(document)).toThrow(ConfigError);
    expect(() => read(document)).toThrow(place);
  });
});

it("settings have one order: numbers by size, null before them, seeds last", () => {
  const grid = { ...GRID, rates: [1e-3, 1e-4, 10], options: { limit: [100, 20] }, batchSizes: [16, null] };
  const { settings } = read({ ...BASE, grids: [grid] });
  const sorted = settings.toSorted(compareSettings);
  expect(settings.toReversed().sort(compareSettings)).toEqual(sorted);
  const tent = sorted.filter(({ method, batchSize }) => method === "tent" && batchSize === null);
  expect(tent.map(({ lr, limit, seed }) => [lr, limit, seed])).toEqual(
    [1e-4, 1e-3, 10].flatMap((lr) => [20, 100].flatMap((limit) => [0, 1].map((seed) => [lr, limit, seed]))),
  );
  expect(sorted[0].batchSize).toBeNull();
});
