// The parts of an op that reorders dimensions.
import type { HostTensor, Op, TensorInfo } from "../../../tensor/op.js";
import { stridesOf } from "../../../tensor/shape.js";
import { input, output } from "../text/kernel.js";
import { placesOf } from "./box.js";
import { copyBox } from "./copy.js";

export interface Order {
  /** Which dimension of the input each dimension of the result is. */
  readonly dims: readonly number[];
}

/** Shape rule, kernel and reference of the op `name`. */
export function permuted(name: string): Pick<Op<Order>, "inputs" | "infer" | "kernels" | "reference"> {
  return {
    inputs: ["x"],
    infer([x], { dims }) {
      const { shape, dtype } = x as TensorInfo;
      return [{ shape: dims.map((d) => shape[d]), dtype }];
    },
    kernels({ inputs, outputs, params: { dims }, caps }) {
      const strides = stridesOf((inputs[0] as TensorInfo).shape);
      const { shape } = outputs[0];
      const from = { operand: input(0), start: 0, strides: dims.map((d) => strides[d]) };
      const to = { operand: output(0), start: 0, strides: stridesOf(shape) };
      return { dispatches: [copyBox(name, shape, from, to, caps)] };
    },
    reference([x], { dims }) {
      const { shape, data } = x as HostTensor;
      const from = stridesOf(shape);
      const order = { start: 0, strides: dims.map((d) => from[d]) };
      const sizes = dims.map((d) => shape[d]);
      return [Float64Array.from(placesOf(sizes, order), (at) => data[at])];
    },
  };
}
