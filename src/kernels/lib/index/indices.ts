// What ops that are addressed by an index tensor share. Nothing on the device can throw, so the rule is: an index
// outside [0, size) reads 0, and what is added there is dropped.
import { DTypeError } from "../../../tensor/errors.js";
import type { Caps, HostTensor, Plan, TensorInfo } from "../../../tensor/op.js";
import { sizeOf } from "../../../tensor/shape.js";
import { gridGroups, gridLoop } from "../text/grid.js";
import { input, kernel, output, read, u32, write } from "../text/kernel.js";

/** Throws DTypeError unless `index` holds integers. */
export function checkIndex(op: string, index: TensorInfo): void {
  if (index.dtype !== "i32" && index.dtype !== "u32") {
    throw new DTypeError(`${op}: index is ${index.dtype}`, "cast it to i32");
  }
}

/** Throws DTypeError unless `x` can be summed. */
export function checkNumbers(op: string, x: TensorInfo): void {
  if (x.dtype === "bool") throw new DTypeError(`${op}: x is bool`, "cast it to i32");
}

/** A tensor seen as `[outer, size, inner]`, where the middle dimension is the one that is indexed. */
export interface Rows {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export function rowsOf(shape: readonly number[], dim: number): Rows {
  return { outer: sizeOf(shape.slice(0, dim)), size: shape[dim], inner: sizeOf(shape.slice(dim + 1)) };
}

/** y[o, m, :] = x[o, index[m], :] of any dtype. */
export function selectRows(label: string, { outer, size, inner }: Rows, count: number, caps: Caps): Plan {
  const width = inner % 4 === 0 ? 4 : 1;
  const type = width === 4 ? "vec4u" : "u32";
  const steps = (outer * count * inner) / width;
  const dispatch = kernel({
    label,
    about: "y[o, m, :] = x[o, index[m], :], four bytes an element whatever they mean; index out of range gives 0",
    uniforms: { size: u32(steps), count: u32(count), rows: u32(size), inner: u32(inner / width) },
    bindings: { x_in: read(type, input(0)), index_in: read("u32", input(1)), out: write(type, output(0)) },
    code: gridLoop([
      "let line = i / u.inner;",
      "let column = i - line * u.inner;",
      "let o = line / u.count;",
      "let row = index_in[line - o * u.count];",
      `var y = ${type}();`,
      "if (row < u.rows) { y = x_in[(o * u.rows + row) * u.inner + column]; }", // as u32, negative ones are too large
      "out[i] = y;",
    ]),
    groups: gridGroups(steps, caps),
  });
  return { dispatches: [dispatch] };
}

/** The reference of `selectRows`. */
export function selectRowsReference(x: HostTensor, index: HostTensor, { outer, size, inner }: Rows): Float64Array {
  const count = index.data.length;
  return Float64Array.from({ length: outer * count * inner }, (_, i) => {
    const row = index.data[Math.floor(i / inner) % count];
    const o = Math.floor(i / inner / count);
    return row >= 0 && row < size ? x.data[(o * size + row) * inner + (i % inner)] : 0;
  });
}
