// concat: tensors joined along a dimension.
import { DTypeError, ShapeError } from "../tensor/errors.js";
import { defineOp, exact, type HostTensor, type Inputs, type TensorInfo } from "../tensor/op.js";
import { formatShape, normalizeDim, type Shape, sizeOf, stridesOf } from "../tensor/shape.js";
import { drawSize } from "./lib/declare/draw.js";
import { of } from "./lib/declare/sample.js";
import { placeIn, placesOf } from "./lib/index/box.js";
import { copyBox } from "./lib/index/copy.js";
import { input, output } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `this` and `others` joined along `dim` (default 0); their other sizes must be equal. Throws ShapeError,
     * DTypeError.
     */
    concat(others: readonly Tensor[], dim?: number): Tensor;
  }
}

export const concat = defineOp({
  name: "concat",
  doc: "tensors joined along a dimension",
  inputs: ["...xs"],
  params: ([first], dim: number = 0) => ({ dim: normalizeDim("concat", dim, (first as TensorInfo).shape.length) }),
  infer(inputs, { dim }) {
    const [first, ...others] = inputs as readonly TensorInfo[];
    for (const { shape, dtype } of others) {
      if (dtype !== first.dtype) throw new DTypeError(`concat: dtypes ${first.dtype} and ${dtype} differ`, "cast one");
      if (shape.length !== first.shape.length || !shape.every((n, d) => d === dim || n === first.shape[d])) {
        throw new ShapeError(
          `concat: ${formatShape(first.shape)} and ${formatShape(shape)} differ beside dimension ${dim}`,
          "all sizes but the one of the joined dimension must be equal",
        );
      }
    }
    const size = first.shape[dim] + others.reduce((sum, { shape }) => sum + shape[dim], 0);
    return [{ shape: first.shape.map((n, d) => (d === dim ? size : n)), dtype: first.dtype }];
  },
  // one launch for each tensor: any number of them fits the limit of storage buffers
  kernels({ inputs, outputs, params: { dim }, caps }) {
    const starts = startsOf(shapesOf(inputs), dim);
    const dispatches = (inputs as readonly TensorInfo[]).flatMap(({ shape }, k) => {
      const from = { operand: input(k), start: 0, strides: stridesOf(shape) };
      const to = { operand: output(0), ...placeIn(outputs[0].shape, boxAt(shape, dim, starts[k])) };
      return sizeOf(shape) > 0 ? [copyBox("concat", shape, from, to, caps)] : [];
    });
    return { dispatches };
  },
  reference(inputs, { dim }) {
    const tensors = inputs as readonly HostTensor[];
    const starts = startsOf(shapesOf(inputs), dim);
    const size = tensors.reduce((sum, { shape }) => sum + shape[dim], 0);
    const joined = tensors[0].shape.map((n, d) => (d === dim ? size : n));
    const out = new Float64Array(sizeOf(joined));
    for (const [k, { shape, data }] of tensors.entries()) {
      const places = placesOf(shape, placeIn(joined, boxAt(shape, dim, starts[k])));
      for (const [i, at] of places.entries()) out[at] = data[i];
    }
    return [out];
  },
  vjp(g, _, { params: { dim }, shapes, needs }) {
    const starts = startsOf(Object.values(shapes), dim);
    return Object.entries(shapes).map(([name, shape], k) => {
      const range = [starts[k], starts[k] + shape[dim]] as const;
      return needs[name] ? g.slice(shape.map((_, d) => (d === dim ? range : null))) : null;
    });
  },
  tolerance: exact,
  draw({ shape, dtype }, choose) {
    if (shape.length === 0) return null;
    const dim = choose(shape.length);
    const others = Array.from({ length: choose(3) }, () => {
      const size = drawSize(choose);
      return { shape: shape.map((n, d) => (d === dim ? size : n)), dtype };
    });
    return { inputs: [{ shape, dtype }, ...others], args: [dim] };
  },
  samples: [
    { ...of([2, 3], [4, 3]), args: [0] },
    { ...of([2, 3], [2, 5], [2, 1]), args: [1] },
    { ...of([2, 4, 4], [2, 8, 4]), args: [-2] },
    { ...of([3]), args: [] },
    { ...of([0, 2], [3, 2]), args: [0] },
    { ...of(...Array.from({ length: 11 }, (_, k) => [2, k])), args: [1] },
    { ...of({ shape: [2], dtype: "i32" }, { shape: [3], dtype: "i32" }), args: [0] },
  ],
  errors: [
    { ...of([2, 3], [4, 4]), args: [0], throws: "ShapeError" },
    { ...of([2, 3], [2]), args: [0], throws: "ShapeError" },
    { ...of([2, 3], [2, 3]), args: [2], throws: "ShapeError" },
    { ...of([]), args: [0], throws: "ShapeError" },
    { ...of([2], { shape: [2], dtype: "i32" }), args: [0], throws: "DTypeError" },
  ],
});

const shapesOf = (inputs: Inputs<TensorInfo>) => (inputs as readonly TensorInfo[]).map(({ shape }) => shape);

/** Where each tensor begins along `dim`. */
function startsOf(shapes: readonly Shape[], dim: number): number[] {
  let next = 0;
  return shapes.map((shape) => {
    const start = next;
    next += shape[dim];
    return start;
  });
}

function boxAt(shape: Shape, dim: number, start: number) {
  return { starts: shape.map((_, d) => (d === dim ? start : 0)), steps: shape.map(() => 1) };
}
