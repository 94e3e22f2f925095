// andFinite: a flag that stays true while everything it is shown is finite.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, sizeOf } from "../tensor/shape.js";
import { of } from "./lib/declare/sample.js";
import { reduceKernels } from "./lib/reduce/reduceKernels.js";
import { reduceLayout } from "./lib/reduce/reduceLayout.js";
import { input, output, scratch } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Whether the bool scalar `this` is true and every element of `x` finite: keeps a bad batch from an update without
     * reading back; chain it over gradients. Throws ShapeError, DTypeError.
     * @internal
     */
    andFinite(x: Tensor): Tensor;
  }
}

export const andFinite = defineOp({
  name: "andFinite",
  doc: "whether a flag is true and every element finite",
  inputs: ["flag", "x"],
  infer([flag, x]) {
    const { shape, dtype } = flag as TensorInfo;
    if (dtype !== "bool") throw new DTypeError(`andFinite: flag is ${dtype}`, "it must be a bool scalar");
    if (shape.length > 0)
      throw new ShapeError(`andFinite: flag is ${formatShape(shape)}, not []`, "it must be a scalar");
    if (x?.dtype !== "f32") throw new DTypeError(`andFinite: x is ${x?.dtype}`, "only f32 can be infinite or NaN");
    return [{ shape: [], dtype: "bool" }];
  },
  kernels({ inputs, caps }) {
    const { dispatches, partialBytes } = reduceKernels({
      label: "andFinite",
      layout: reduceLayout([sizeOf((inputs[1] as TensorInfo).shape)], [0]),
      elements: { x: { type: "f32", operand: input(1) } },
      each: { flag: { type: "u32", operand: input(0) } },
      reducer: {
        state: "u32",
        init: "1u",
        fold: "s & u32(isFinite(x))",
        merge: "a & b",
      },
      targets: [{ type: "u32", operand: output(0), value: "s & flag" }],
      caps,
      partials: scratch(0),
    });
    return { dispatches, scratch: [partialBytes] };
  },
  reference([flag, x]) {
    const finite = (x as HostTensor).data.every(Number.isFinite);
    return [Float64Array.of((flag as HostTensor).data[0] && finite ? 1 : 0)];
  },
  tolerance: exact,
  cost: ([, x]) => ({ flops: 2 * sizeOf((x as TensorInfo).shape) }),
  samples: [
    of({ shape: [], dtype: "bool", values: [1] }, [3, 5]),
    of({ shape: [], dtype: "bool", values: [0] }, [3, 5]),
    of({ shape: [], dtype: "bool", values: [1] }, { shape: [2], values: [0, Number.NaN] }),
    of({ shape: [], dtype: "bool", values: [1] }, { shape: [4], values: [0, 3e38, -1 / 0, 1] }),
    of({ shape: [], dtype: "bool", values: [1] }, [9001]),
    of({ shape: [], dtype: "bool", values: [1] }, [0]),
  ],
  errors: [
    { ...of({ shape: [], dtype: "bool" }, { shape: [3], dtype: "i32" }), throws: "DTypeError" },
    { ...of([], [3]), throws: "DTypeError" },
    { ...of({ shape: [1], dtype: "bool" }, [3]), throws: "ShapeError" },
  ],
});
