// Test inputs on one line: `of([2, 3], [3, 4])`.
import type { SampleInput } from "../../tensor/op.js";

/** A sample of these inputs; spread it to add arguments or the error it must throw. */
export const of = (...inputs: readonly SampleInput[]) => ({ inputs });
