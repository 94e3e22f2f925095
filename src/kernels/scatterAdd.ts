// scatterAdd: elements summed into the places that an index gives along a dimension: the gradient of gather.
import { wrapped } from "../tensor/dtype.js";
import { ShapeError } from "../tensor/errors.js";
import { defineOp, type HostTensor, type TensorInfo } from "../tensor/op.js";
import { checkShape, formatShape, normalizeDim, type Shape, sameShape, sizeOf, stridesOf } from "../tensor/shape.js";
import { drawIndex, drawSize } from "./lib/declare/draw.js";
import { I32_ENDS, of } from "./lib/declare/sample.js";
import { checkIndex, checkNumbers } from "./lib/index/indices.js";
import { gridGroups, gridLoop } from "./lib/text/grid.js";
import { input, kernel, output, read, type Uniform, u32, write } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Zeros of `shape`, to which each element of `this` is added at its own place, but for the coordinate along `dim`,
     * which the integers `index` give; in their order, so that the sum has the same bits every time. Out of range is
     * dropped; integers wrap at 2³². Throws ShapeError, DTypeError.
     */
    scatterAdd(index: Tensor, dim: number, shape: Shape): Tensor;
  }
}

export const scatterAdd = defineOp({
  name: "scatterAdd",
  doc: "elements summed into the places an index gives along a dimension",
  inputs: ["x", "index"],
  params([x], dim: number, shape: Shape) {
    checkShape("scatterAdd", shape);
    return { dim: normalizeDim("scatterAdd", dim, (x as TensorInfo).shape.length), shape };
  },
  infer([x, index], { dim, shape }) {
    const from = (x as TensorInfo).shape;
    checkNumbers("scatterAdd", x as TensorInfo);
    checkIndex("scatterAdd", index as TensorInfo);
    if (!sameShape(from, (index as TensorInfo).shape)) {
      throw new ShapeError(
        `scatterAdd: index ${formatShape((index as TensorInfo).shape)} is not in the shape of x, ${formatShape(from)}`,
        "give one integer for each element",
      );
    }
    if (shape.length !== from.length || !from.every((n, d) => d === dim || n <= shape[d])) {
      throw new ShapeError(
        `scatterAdd: ${formatShape(from)} does not fit ${formatShape(shape)}`,
        `it must have as many dimensions, none larger but dimension ${dim}`,
      );
    }
    return [{ shape, dtype: (x as TensorInfo).dtype }];
  },
  // Each result looks through its line of the index: no atomics, so the order is fixed.
  kernels({ inputs, outputs, params: { dim, shape }, caps }) {
    const from = (inputs[0] as TensorInfo).shape;
    const { dtype } = outputs[0];
    const size = sizeOf(shape);
    const sizes: Record<string, Uniform> = {};
    for (const [d, n] of shape.entries()) {
      Object.assign(sizes, { [`n${d}`]: u32(n), [`m${d}`]: u32(from[d]), [`x_s${d}`]: u32(stridesOf(from)[d]) });
    }
    const dispatch = kernel({
      label: "scatterAdd",
      about: "y[…, r, …] = Σ of x[…, j, …] over the j with index[…, j, …] = r, in order",
      uniforms: { size: u32(size), ...sizes },
      bindings: { x_in: read(dtype, input(0)), index_in: read("u32", input(1)), out: write(dtype, output(0)) },
      code: gridLoop([
        ...lineOf(shape.length, dim),
        `var sum = ${dtype}();`,
        `for (var j = 0u; inside && j < u.m${dim}; j++) {`,
        `  let at = first + j * u.x_s${dim};`,
        "  if (index_in[at] == row) { sum += x_in[at]; }",
        "}",
        "out[i] = sum;",
      ]),
      groups: gridGroups(size, caps),
    });
    return { dispatches: [dispatch] };
  },
  reference([x, index], { dim, shape }) {
    const from = x as HostTensor;
    const [split, strides] = [stridesOf(from.shape), stridesOf(shape)];
    const out = new Float64Array(sizeOf(shape));
    for (const [i, value] of from.data.entries()) {
      const row = (index as HostTensor).data[i];
      if (row < 0 || row >= shape[dim]) continue;
      const coordinates = from.shape.map((n, d) => (d === dim ? row : Math.floor(i / split[d]) % n));
      out[coordinates.reduce((at, c, d) => at + c * strides[d], 0)] += value;
    }
    return [out.map((sum) => wrapped(from.dtype, sum))];
  },
  saves: ["index"],
  vjp: (h, { index }, { params: { dim } }) => [h.gather(index, dim), null], // linear
  tolerance: ([x], { dim }) => ({ ulp: 0, abs: 2 ** -24 * ((x as TensorInfo).shape[dim] + 1) ** 1.5 }), // of normals
  draw(x, choose) {
    if (x.dtype === "bool" || x.shape.length === 0) return null;
    const dim = choose(x.shape.length);
    const size = drawSize(choose);
    const shape = x.shape.map((n, d) => (d === dim ? size : n + choose(2)));
    return { inputs: [x, drawIndex(x.shape, size)], args: [dim, shape] };
  },
  samples: [
    { ...of([4, 1], { shape: [4, 1], dtype: "i32", values: [4, 0, 2, 2] }), args: [1, [4, 5]] },
    { ...of([30, 3], { shape: [30, 3], dtype: "u32", range: [0, 4] }), args: [0, [4, 5]] },
    { ...of([2, 2, 7], { shape: [2, 2, 7], dtype: "i32", range: [0, 4] }), args: [-1, [2, 3, 4]] },
    { ...of([3], { shape: [3], dtype: "i32", values: [-1, 3, 1] }), args: [0, [3]] },
    { ...of([0, 2], { shape: [0, 2], dtype: "i32" }), args: [0, [3, 2]] },
    { ...of(I32_ENDS, { shape: [5], dtype: "i32", values: [0, 0, 1, 1, 1] }), args: [0, [2]] },
  ],
  errors: [
    { ...of([3, 2], { shape: [3, 1], dtype: "i32" }), args: [1, [3, 2]], throws: "ShapeError" },
    { ...of([4, 1], { shape: [4, 1], dtype: "i32" }), args: [1, [3, 2]], throws: "ShapeError" },
    { ...of([3], { shape: [3], dtype: "i32" }), args: [0, [2.5]], throws: "ShapeError" },
    { ...of([3], [3]), args: [0, [3]], throws: "DTypeError" },
    { ...of({ shape: [4], dtype: "bool" }, { shape: [4], dtype: "i32" }), args: [0, [4]], throws: "DTypeError" },
  ],
  bench: (size) => ({
    ...of([size, size], { shape: [size, size], dtype: "i32", range: [0, size] }),
    args: [1, [size, size]],
  }),
});

/** Lines that split i into `row`, its coordinate along `dim`, and `first`, where its line begins in x, if x has it. */
function lineOf(rank: number, dim: number): string[] {
  const lines = ["var rest = i;", "var row = 0u;", "var first = 0u;", "var inside = true;"];
  for (let d = rank - 1; d >= 0; d--) {
    lines.push(`let q${d} = rest / u.n${d};`, `let c${d} = rest - q${d} * u.n${d};`, `rest = q${d};`);
    lines.push(d === dim ? `row = c${d};` : `first += c${d} * u.x_s${d}; inside = inside && c${d} < u.m${d};`);
  }
  return lines;
}
