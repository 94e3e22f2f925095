// Checks that several ops make of their inputs.
import { DTypeError, ShapeError } from "../../tensor/errors.js";
import type { TensorInfo } from "../../tensor/op.js";
import { formatShape, type Shape, sameShape } from "../../tensor/shape.js";

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
