// Checks that several ops make of their inputs and options.
import { checkNumber } from "../../../tensor/arguments.js";
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { TensorInfo } from "../../../tensor/op.js";
import { given } from "../../../tensor/options.js";
import { formatShape, type Shape, sameShape } from "../../../tensor/shape.js";

/** Throws unless every tensor given is f32 of its shape. */
export function checkShapes(
  op: string,
  tensors: Readonly<Record<string, TensorInfo | null>>,
  shapes: Readonly<Record<string, Shape>>,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const got = tensors[name];
    if (!got) continue;
    if (got.dtype !== "f32") throw new DTypeError(`${op}: ${name} is ${got.dtype}`, "cast it to f32");
    if (!sameShape(got.shape, shape)) {
      throw new ShapeError(
        `${op}: ${name} is ${formatShape(got.shape)}, not ${formatShape(shape)}`,
        "its shape follows from x",
      );
    }
  }
}

/** What a norm adds under its root; default 1e-5. Throws ConfigError unless it is a number ≥ 0. */
export function epsOf(op: string, options: { readonly eps?: number } | undefined): number {
  const { eps = 1e-5 } = given(op, options);
  return checkNumber(op, "eps", eps, 0);
}
