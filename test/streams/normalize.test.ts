// Normalising: layout, arithmetic and refusals.
import { describe, expect, it } from "vitest";
import { normalize } from "../../src/data/streams/index.js";
import { ConfigError, ShapeError } from "../../src/tensor/errors.js";

describe("normalize", () => {
  it("turns channels-last bytes into channels-first floats, (x/255 − mean) / std per channel", () => {
    const bytes = Uint8Array.of(0, 255, 51, 102, 10, 20, 30, 40);
    const out = normalize(bytes, [2, 1, 2, 2], { mean: [0.5, 0], std: [0.25, 2] });
    const first = (x: number): number => Math.fround((x / 255 - 0.5) / 0.25);
    const second = (x: number): number => Math.fround(x / 255 / 2);
    expect([...out]).toEqual([
      ...[first(0), first(51), second(255), second(102)],
      ...[first(10), first(30), second(20), second(40)],
    ]);
  });

  it("takes one value for all channels", () => {
    expect([...normalize(Uint8Array.of(255, 0), [1, 1, 1, 2], { mean: [0.5], std: [0.5] })]).toEqual([1, -1]);
  });

  it("refuses means of images from 0 to 255, with what to do", () => {
    const statistics = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
    expect(() => normalize(Uint8Array.of(1, 2, 3), [1, 1, 1, 3], statistics)).toThrow(
      /mean \[123\.675, .*from 0 to 1\n {2}help: divide mean and std by 255/,
    );
  });

  it("refuses bytes that do not fill the shape, and statistics that fit no channel", () => {
    const one = Uint8Array.of(1, 2, 3);
    expect(() => normalize(one, [1, 1, 1, 4], { mean: [0], std: [1] })).toThrow(ShapeError);
    for (const mean of [[], [0, 0], [Number.NaN]]) {
      expect(() => normalize(one, [1, 1, 1, 3], { mean, std: [1] })).toThrow(ConfigError);
    }
    for (const std of [[0], [-1], [1, 1], [Infinity]]) {
      expect(() => normalize(one, [1, 1, 1, 3], { mean: [0], std })).toThrow(/std .* does not fit 3 channels/);
    }
  });
});
