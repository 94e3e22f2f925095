// indexAdd: slices summed into the places an index gives: the gradient of indexSelect and embedding.
import { ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { formatShape, normalizeDim } from "../tensor/shape.js";
import { gridGroups, gridLoop } from "./lib/grid.js";
import { checkIndex, checkNumbers, rowsOf } from "./lib/indices.js";
import { input, kernel, output, read, u32, write } from "./lib/kernel.js";
import { of } from "./lib/sample.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Zeros with `size` slices along `dim`, to which slice m of `this` is added at `index[m]`, in the order of m, so that
     * the sum has the same bits every time. Out of range is dropped. Throws ShapeError, DTypeError.
     */
    indexAdd(index: Tensor, dim: number, size: number): Tensor;
  }
}

export const indexAdd = defineOp({
  name: "indexAdd",
  doc: "slices summed into the places an index gives",
  inputs: ["x", "index"],
  params: ([x], dim: number, size: number) => ({
    dim: normalizeDim("indexAdd", dim, (x as TensorInfo).shape.length),
    size,
  }),
  infer([x, index], { dim, size }) {
    const { shape, dtype } = x as TensorInfo;
    checkNumbers("indexAdd", x as TensorInfo);
    checkIndex("indexAdd", index as TensorInfo);
    const count = (index as TensorInfo).shape;
    if (count.length !== 1 || count[0] !== shape[dim]) {
      throw new ShapeError(
        `indexAdd: index ${formatShape(count)} does not fit dimension ${dim} of ${formatShape(shape)}`,
        "give one integer for each slice",
      );
    }
    return [{ shape: shape.map((n, d) => (d === dim ? size : n)), dtype }];
  },
  // Each result looks through the whole index: no atomics, so the order is fixed, at size · M comparisons.
  kernels({ inputs: [x], outputs, params: { dim, size }, caps }) {
    const { outer, size: count, inner } = rowsOf((x as TensorInfo).shape, dim);
    const width = inner % 4 === 0 ? 4 : 1;
    const scalar = outputs[0].dtype;
    const type = width === 4 ? `vec4<${scalar}>` : scalar;
    const steps = (outer * size * inner) / width;
    const dispatch = kernel({
      label: "indexAdd",
      about: "y[o, r, :] = Σ of x[o, m, :] over the m with index[m] = r, in order",
      uniforms: { size: u32(steps), count: u32(count), rows: u32(size), inner: u32(inner / width) },
      bindings: { x_in: read(type, input(0)), index_in: read("u32", input(1)), out: write(type, output(0)) },
      code: gridLoop([
        "let column = i % u.inner;",
        "let row = (i / u.inner) % u.rows;",
        "let start = (i / u.inner / u.rows) * u.count;",
        `var sum = ${type}();`,
        "for (var m = 0u; m < u.count; m++) {",
        "  if (index_in[m] == row) { sum += x_in[(start + m) * u.inner + column]; }",
        "}",
        "out[i] = sum;",
      ]),
      groups: gridGroups(steps, caps),
    });
    return { dispatches: [dispatch] };
  },
  reference([x, index], { dim, size }) {
    const { shape, data } = x as HostTensor;
    const { outer, size: count, inner } = rowsOf(shape, dim);
    const out = new Float64Array(outer * size * inner);
    for (const [i, value] of data.entries()) {
      const row = (index as HostTensor).data[Math.floor(i / inner) % count];
      const o = Math.floor(i / inner / count);
      if (row >= 0 && row < size) out[(o * size + row) * inner + (i % inner)] += value;
    }
    return [out];
  },
  saves: ["index"],
  vjp: (h, { index }, { params: { dim } }) => [h.indexSelect(index, dim), null], // linear
  tolerance: ([, index]) => ({ ulp: 0, abs: 2 ** -24 * ((index as TensorInfo).shape[0] + 1) ** 1.5 }), // sums of normals
  samples: [
    { ...of([4, 3], { shape: [4], dtype: "i32", values: [4, 0, 4, 2] }), args: [0, 5] },
    { ...of([2, 30, 8], { shape: [30], dtype: "u32", range: [0, 6] }), args: [1, 6] },
    { ...of([4, 2], { shape: [4], dtype: "i32", values: [-1, 0, 3, 0] }), args: [0, 3] },
    { ...of({ shape: [3], dtype: "i32" }, { shape: [3], dtype: "i32", values: [1, 1, 0] }), args: [0, 2] },
    { ...of([0, 3], { shape: [0], dtype: "i32" }), args: [0, 2] },
  ],
  errors: [
    { ...of([4], { shape: [3], dtype: "i32" }), args: [0, 5], throws: "ShapeError" },
    { ...of([4], [4]), args: [0, 5], throws: "DTypeError" },
    { ...of({ shape: [4], dtype: "bool" }, { shape: [4], dtype: "i32" }), args: [0, 5], throws: "DTypeError" },
  ],
  bench: (size) => ({ ...of([size, size], { shape: [size], dtype: "i32", range: [0, size] }), args: [0, size] }),
});
