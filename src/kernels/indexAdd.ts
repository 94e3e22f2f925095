// indexAdd: slices summed into the places an index gives: the gradient of indexSelect and embedding.
import { wrapped } from "../tensor/dtype.js";
import { ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { checkSize, formatShape, normalizeDim } from "../tensor/shape.js";
import { drawIndex, drawSize } from "./lib/declare/draw.js";
import { I32_ENDS, of } from "./lib/declare/sample.js";
import { checkIndex, checkNumbers, rowsOf } from "./lib/index/indices.js";
import { gridGroups, gridLoop } from "./lib/text/grid.js";
import { input, kernel, output, read, scratch, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Zeros with `size` slices along `dim`, to which slice m of `this` is added at `index[m]`, in the order of m, so
     * that the sum has the same bits every time. Out of range is dropped; integers wrap
     * at 2³². Throws ShapeError, DTypeError.
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
    size: checkSize("indexAdd", "size", size),
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
  // Without atomics, so that the order is fixed: for each row a chain through the m with index[m] = r.
  kernels({ inputs: [x], outputs, params: { dim, size }, caps }) {
    const { outer, size: count, inner } = rowsOf((x as TensorInfo).shape, dim);
    const links = size + count;
    const chain = kernel({
      label: "indexAdd/chain",
      about: "chain[r] is the first m with index[m] = r, chain[rows + m] the next one after m; count ends a chain",
      uniforms: { size: u32(links), rows: u32(size), count: u32(count) },
      bindings: { index_in: read("u32", input(1)), chain: write("u32", scratch(0)) },
      code: gridLoop([
        "var m = 0u;",
        "var row = i;",
        "if (i >= u.rows) {",
        "  m = i - u.rows + 1u;",
        "  row = index_in[m - 1u];",
        "}",
        "while (m < u.count && index_in[m] != row) { m++; }",
        "chain[i] = m;",
      ]),
      groups: gridGroups(links, caps),
    });
    const width = inner % 4 === 0 ? 4 : 1;
    const scalar = outputs[0].dtype;
    const type = width === 4 ? `vec4<${scalar}>` : scalar;
    const steps = (outer * size * inner) / width;
    const sums = kernel({
      label: "indexAdd/sum",
      about: "y[o, r, :] = Σ of x[o, m, :] along the chain of r",
      uniforms: { size: u32(steps), count: u32(count), rows: u32(size), inner: u32(inner / width) },
      bindings: { x_in: read(type, input(0)), chain: read("u32", scratch(0)), out: write(type, output(0)) },
      code: gridLoop([
        "let line = i / u.inner;",
        "let column = i - line * u.inner;",
        "let o = line / u.rows;",
        `var sum = ${type}();`,
        "for (var m = chain[line - o * u.rows]; m < u.count; m = chain[u.rows + m]) {",
        "  sum += x_in[(o * u.count + m) * u.inner + column];",
        "}",
        "out[i] = sum;",
      ]),
      groups: gridGroups(steps, caps),
    });
    return { dispatches: [chain, sums], scratch: [4 * links] };
  },
  reference([x, index], { dim, size }) {
    const { shape, dtype, data } = x as HostTensor;
    const { outer, size: count, inner } = rowsOf(shape, dim);
    const out = new Float64Array(outer * size * inner);
    for (const [i, value] of data.entries()) {
      const row = (index as HostTensor).data[Math.floor(i / inner) % count];
      const o = Math.floor(i / inner / count);
      if (row >= 0 && row < size) out[(o * size + row) * inner + (i % inner)] += value;
    }
    return [out.map((sum) => wrapped(dtype, sum))];
  },
  saves: ["index"],
  vjp: (h, { index }, { params: { dim } }) => [h.indexSelect(index, dim), null], // linear
  tolerance: ([, index]) => ({ ulp: 0, abs: 2 ** -24 * ((index as TensorInfo).shape[0] + 1) ** 1.5 }), // of normals
  draw(x, choose) {
    if (x.dtype === "bool" || x.shape.length === 0) return null;
    const [dim, size] = [choose(x.shape.length), drawSize(choose)];
    return { inputs: [x, drawIndex([x.shape[dim]], size)], args: [dim, size] };
  },
  samples: [
    { ...of([4, 3], { shape: [4], dtype: "i32", values: [4, 0, 4, 2] }), args: [0, 5] },
    { ...of([2, 30, 8], { shape: [30], dtype: "u32", range: [0, 6] }), args: [1, 6] },
    { ...of([4, 2], { shape: [4], dtype: "i32", values: [-1, 0, 3, 0] }), args: [0, 3] },
    { ...of({ shape: [3], dtype: "i32" }, { shape: [3], dtype: "i32", values: [1, 1, 0] }), args: [0, 2] },
    { ...of([0, 3], { shape: [0], dtype: "i32" }), args: [0, 2] },
    { ...of(I32_ENDS, { shape: [5], dtype: "i32", values: [0, 0, 1, 1, 1] }), args: [0, 2] },
  ],
  errors: [
    { ...of([4], { shape: [3], dtype: "i32" }), args: [0, 5], throws: "ShapeError" },
    { ...of([4], [4]), args: [0, 5], throws: "DTypeError" },
    { ...of({ shape: [4], dtype: "bool" }, { shape: [4], dtype: "i32" }), args: [0, 5], throws: "DTypeError" },
    { ...of([2, 3], { shape: [3], dtype: "i32" }), args: [1, -1], throws: "ShapeError" },
    { ...of([2, 3], { shape: [3], dtype: "i32" }), args: [1, 1.5], throws: "ShapeError" },
    { ...of([2, 3], { shape: [3], dtype: "i32" }), args: [1, Number.NaN], throws: "ShapeError" },
  ],
  bench: (size) => ({ ...of([size, size], { shape: [size], dtype: "i32", range: [0, size] }), args: [0, size] }),
});
