// How exact a normalisation is.
import type { Inputs, TensorInfo, Tolerance } from "../../tensor/op.js";
import { sizeOf } from "../../tensor/shape.js";
import { sumError } from "./reduction.js";

/** x̂ is of order 1; its mean is off by a sum of at most all elements over their number, 1 / σ by that and 2 ULP. */
export function normTolerance([x]: Inputs<TensorInfo>): Tolerance {
  const count = Math.max(1, sizeOf((x as TensorInfo).shape));
  return { ulp: 8, abs: 8e-6 + (4 * sumError(count)) / count };
}
