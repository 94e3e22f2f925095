// Row-major matrices as operands of a product: transposed or not, batched with broadcasting, with a bias.
import type { Operand } from "../../tensor/op.js";
import { broadcastStrides, type Shape, sizeOf } from "../../tensor/shape.js";
import { type Binding, read, type Uniform, u32, write } from "./kernel.js";
import { lines, type Product } from "./tile.js";

/** One operand: a stack of matrices in a buffer. */
export interface Matrix {
  readonly operand: Operand;
  /** Leading dimensions, which broadcast to those of the product. */
  readonly batch: Shape;
  /** Stored with its two dimensions swapped. */
  readonly transposed: boolean;
}

export interface MatrixProduct extends Pick<Product, "label" | "about" | "m" | "n" | "k"> {
  readonly a: Matrix;
  readonly b: Matrix;
  readonly out: Operand;
  /** Leading dimensions of the result. */
  readonly batch: Shape;
  /** A vector added to every row, element by column (`[n]`), or to every column (`[m]`). */
  readonly bias?: { readonly operand: Operand; readonly along: "rows" | "columns" };
}

/** C = A·B (+ bias) as a product. Reads and writes go four at a time where the sizes allow it. */
export function matrixProduct(p: MatrixProduct): Product {
  const { label, about, m, n, k, a, b } = p;
  const step = k % 4 === 0 && !a.transposed && (b.transposed || n % 4 === 0) ? 4 : 1;
  const wideC = n % 4 === 0;
  const batches = batchMap(p.batch, { a: a.batch, b: b.batch });
  const bindings: Record<string, Binding> = {
    a: read(step === 4 ? "vec4f" : "f32", a.operand),
    b: read(step === 4 || (wideC && !b.transposed) ? "vec4f" : "f32", b.operand),
    c: write(wideC ? "vec4f" : "f32", p.out),
  };
  if (p.bias) bindings.bias = read("f32", p.bias.operand);
  const functions = [
    batches.functions,
    step === 4 ? A_WIDE : a.transposed ? A_TRANSPOSED : A_PLAIN,
    b.transposed ? (step === 4 ? B_TRANSPOSED_WIDE : B_TRANSPOSED) : wideC ? B_WIDE : B_PLAIN,
    p.bias ? BIAS[p.bias.along] : NO_BIAS,
    wideC ? C_WIDE : C_PLAIN,
  ].join("\n");
  return { label, about, m, n, k, step, batches: sizeOf(p.batch), uniforms: batches.uniforms, bindings, functions };
}

const A_PLAIN = `alias ACursor = u32; // of A[row, 0]
fn a_cursor(batch: u32, row: u32) -> ACursor { return (a_matrix(batch) * u.m + row) * u.k; }
fn a_at(cursor: ACursor, k: u32) -> f32 { return a[cursor + k]; }`;

const A_WIDE = `alias ACursor = u32; // of A[row, 0], in fours
fn a_cursor(batch: u32, row: u32) -> ACursor { return (a_matrix(batch) * u.m + row) * (u.k / 4u); }
fn a_at4(cursor: ACursor, k: u32) -> vec4f { return a[cursor + k / 4u]; }`;

const A_TRANSPOSED = `alias ACursor = u32; // of Aᵀ[0, row]
fn a_cursor(batch: u32, row: u32) -> ACursor { return a_matrix(batch) * u.m * u.k + row; }
fn a_at(cursor: ACursor, k: u32) -> f32 { return a[cursor + k * u.m]; }`;

const B_PLAIN = `alias BCursor = vec4u; // of B[0, col … col + 3]; past the end, of the last column
fn b_cursor(batch: u32, col: u32) -> BCursor {
  return b_matrix(batch) * u.k * u.n + min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u));
}
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let i = cursor + k * u.n;
  return vec4f(b[i.x], b[i.y], b[i.z], b[i.w]);
}`;

const B_WIDE = `alias BCursor = u32; // of B[0, col], in fours; past the end, of the last columns
fn b_cursor(batch: u32, col: u32) -> BCursor { return (b_matrix(batch) * u.k * u.n + min(col, u.n - 4u)) / 4u; }
fn b_at(cursor: BCursor, k: u32) -> vec4f { return b[cursor + k * (u.n / 4u)]; }
fn b_at4(cursor: BCursor, k: u32) -> mat4x4f {
  return mat4x4f(b_at(cursor, k), b_at(cursor, k + 1u), b_at(cursor, k + 2u), b_at(cursor, k + 3u));
}`;

const B_TRANSPOSED = `alias BCursor = vec4u; // of Bᵀ[col … col + 3, 0]; past the end, of the last column
fn b_cursor(batch: u32, col: u32) -> BCursor {
  return (b_matrix(batch) * u.n + min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u))) * u.k;
}
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let i = cursor + k;
  return vec4f(b[i.x], b[i.y], b[i.z], b[i.w]);
}`;

const B_TRANSPOSED_WIDE = `alias BCursor = vec4u; // of Bᵀ[col … col + 3, 0], in fours; past the end, of the last column
fn b_cursor(batch: u32, col: u32) -> BCursor {
  return (b_matrix(batch) * u.n + min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u))) * (u.k / 4u);
}
fn b_at4(cursor: BCursor, k: u32) -> mat4x4f {
  let i = cursor + k / 4u;
  return transpose(mat4x4f(b[i.x], b[i.y], b[i.z], b[i.w]));
}`;

const NO_BIAS = "fn biased(row: u32, col: u32, v: vec4f) -> vec4f { return v; }";

const BIAS = {
  columns: "fn biased(row: u32, col: u32, v: vec4f) -> vec4f { return v + bias[row]; }",
  rows: `fn biased(row: u32, col: u32, v: vec4f) -> vec4f {
  let i = min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u));
  return v + vec4f(bias[i.x], bias[i.y], bias[i.z], bias[i.w]);
}`,
} as const;

const C_WIDE = `fn put4(batch: u32, row: u32, col: u32, v: vec4f) {
  if (col < u.n) { c[((batch * u.m + row) * u.n + col) / 4u] = biased(row, col, v); }
}`;

const C_PLAIN = `fn put4(batch: u32, row: u32, col: u32, v: vec4f) {
  let i = (batch * u.m + row) * u.n + col;
  let w = biased(row, col, v);
${lines(4, (j) => `  if (col + ${j}u < u.n) { c[i + ${j}u] = w[${j}]; }`)}
}`;

/** `a_matrix(batch)` and `b_matrix(batch)`: which matrix of an operand the batch reads, where some repeat. */
function batchMap(batch: Shape, operands: Readonly<Record<"a" | "b", Shape>>) {
  const uniforms: Record<string, Uniform> = {};
  const functions: string[] = [];
  for (const [name, shape] of Object.entries(operands)) {
    const { sizes, strides } = walk(batch, shape);
    const terms: string[] = [];
    for (const [d, stride] of strides.entries()) {
      uniforms[`${name}_n${d}`] = u32(sizes[d]);
      uniforms[`${name}_s${d}`] = u32(stride);
      terms.push(`  at += rest % u.${name}_n${d} * u.${name}_s${d};\n  rest /= u.${name}_n${d};\n`);
    }
    functions.push(`fn ${name}_matrix(batch: u32) -> u32 {
  var rest = batch;
  var at = 0u;
${terms.join("")}  return at;
}`);
  }
  return { uniforms, functions: functions.join("\n") };
}

/** Sizes and strides that lead from a batch's number to a matrix of `shape`, innermost first, in as few steps as can be. */
function walk(batch: Shape, shape: Shape): { sizes: number[]; strides: number[] } {
  const sizes: number[] = [];
  const strides: number[] = [];
  const steps = broadcastStrides(shape, batch);
  for (let d = batch.length - 1; d >= 0; d--) {
    const last = sizes.length - 1;
    if (batch[d] === 1) continue;
    if (last >= 0 && steps[d] === strides[last] * sizes[last]) sizes[last] *= batch[d];
    else {
      sizes.push(batch[d]);
      strides.push(steps[d]);
    }
  }
  return { sizes, strides };
}
