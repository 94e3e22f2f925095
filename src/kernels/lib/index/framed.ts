// The parts of an op that puts x into a larger tensor of one value.
import type { HostTensor, Op, TensorInfo } from "../../../tensor/op.js";
import { type Shape, sameShape, sizeOf, stridesOf } from "../../../tensor/shape.js";
import { input, output } from "../text/kernel.js";
import { placeIn, placesOf } from "./box.js";
import { copyBox, fill } from "./copy.js";

export interface Frame {
  /** Of the result. */
  readonly shape: Shape;
  /** Where x begins in it, and the steps between x's elements. */
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly value: number;
}

/** Shape rule, kernels (fill, then copy) and reference of the op `name`. */
export function framed(name: string): Pick<Op<Frame>, "inputs" | "infer" | "kernels" | "reference"> {
  return {
    inputs: ["x"],
    infer: ([x], { shape }) => [{ shape, dtype: (x as TensorInfo).dtype }],
    kernels({ inputs, outputs, params, caps }) {
      const x = inputs[0] as TensorInfo;
      const from = { operand: input(0), start: 0, strides: stridesOf(x.shape) };
      const to = { operand: output(0), ...placeIn(params.shape, params) };
      const background = fill(name, sizeOf(params.shape), bitsOf(params.value, outputs[0]), output(0), caps);
      const covered = sameShape(x.shape, params.shape);
      const copies = sizeOf(x.shape) > 0 ? [copyBox(name, x.shape, from, to, caps)] : [];
      return { dispatches: [...(covered ? [] : [background]), ...copies] };
    },
    reference([x], params) {
      const { shape, data } = x as HostTensor;
      const out = new Float64Array(sizeOf(params.shape)).fill(params.value);
      for (const [i, at] of placesOf(shape, placeIn(params.shape, params)).entries()) out[at] = data[i];
      return [out];
    },
  };
}

/** The four bytes that store `value`. */
function bitsOf(value: number, { dtype }: TensorInfo): number {
  if (dtype === "bool") return Number(value !== 0);
  return dtype === "f32" ? new Uint32Array(Float32Array.of(value).buffer)[0] : value >>> 0;
}
