// Test inputs on one line: `of([2, 3], [3, 4])`.
import type { SampleInput, SampleTensor } from "../../../tensor/op.js";

/** A sample of these inputs; spread it to add arguments or the error it must throw. */
export const of = (...inputs: readonly SampleInput[]) => ({ inputs });

/** NaN, the infinities, both zeros, and the largest and small magnitudes: what an elementwise op must take. */
export const EDGES: SampleTensor = {
  shape: [10],
  values: [Number.NaN, 1 / 0, -1 / 0, 0, -0, 1, -1, 3.4e38, -3.4e38, 1e-30],
};

/** The same as a column: with `EDGES` it broadcasts to every pair. */
export const EDGE_COLUMN: SampleTensor = { ...EDGES, shape: [10, 1] };

/** Two sides' logits, so far apart that terms of 10⁴ all but cancel. */
export const FAR_LOGITS: readonly [SampleTensor, SampleTensor] = [
  { shape: [2, 4], values: [1e4, -1e4, 9990, 0, -1e4, 5, 1e4, -5] },
  { shape: [2, 4], values: [-1e4, 1e4, 0, 9999, 1e4, 0, -1e4, 5] },
];

/** What ops on images are timed on: `[4, C, H, W]`, about `size`² elements as inner layers of a net have them, C and H = W even. */
export function benchImages(size: number): [batch: number, channels: number, height: number, width: number] {
  const side = 2 * Math.floor(Math.sqrt(size));
  return [4, 2 * Math.max(1, Math.floor(size / 32)), side, side];
}

/** Integers from end to end of their range: sums and products of them wrap. */
export const I32_ENDS: SampleTensor = { shape: [5], dtype: "i32", values: [-(2 ** 31), -1, 7, 65537, 2 ** 31 - 1] };
export const U32_ENDS: SampleTensor = { shape: [4], dtype: "u32", values: [0, 7, 65537, 2 ** 32 - 1] };
