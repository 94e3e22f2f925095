// Test inputs on one line: `of([2, 3], [3, 4])`.
import type { SampleInput, SampleTensor } from "../../tensor/op.js";

/** A sample of these inputs; spread it to add arguments or the error it must throw. */
export const of = (...inputs: readonly SampleInput[]) => ({ inputs });

/** NaN, the infinities, both zeros, and the largest and small magnitudes: what an elementwise op must take. */
export const EDGES: SampleTensor = {
  shape: [10],
  values: [Number.NaN, 1 / 0, -1 / 0, 0, -0, 1, -1, 3.4e38, -3.4e38, 1e-30],
};

/** The same as a column: with `EDGES` it broadcasts to every pair. */
export const EDGE_COLUMN: SampleTensor = { ...EDGES, shape: [10, 1] };
