// Row-major matrices as operands of a product: transposed or not, batched with broadcasting, with a bias.
import type { Caps, Operand } from "../../../tensor/op.js";
import { broadcastStrides, type Shape, sizeOf } from "../../../tensor/shape.js";
import { read, write } from "../text/kernel.js";
import { mergeDims, walk, walkUniforms } from "../text/walk.js";
import { usesSubgroupTile } from "./subgroupTile.js";
import { lines, type Product } from "./tile.js";

/** One operand: a stack of matrices in a buffer. */
export interface Matrix {
  readonly operand: Operand;
  /** Leading dimensions, which broadcast to those of the product. */
  readonly batch: Shape;
  /** Stored with its two dimensions swapped. */
  readonly transposed: boolean;
}

export interface MatrixProduct extends Pick<Product, "label" | "about" | "m" | "n"> {
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly out: Operand;
  /** Leading dimensions of the result. */
  readonly batch: Shape;
  /** A vector added to every row, element by column (`[n]`), or to every column (`[m]`). */
  readonly bias?: { readonly operand: Operand; readonly along: "rows" | "columns" };
}

/** C = A·B (+ bias) as a product. One with few columns is computed as Cᵀ = Bᵀ·Aᵀ: tiles are wide. */
export function matrixProduct(p: MatrixProduct, caps: Caps): Product {
  return p.n <= 16 && p.m >= 2 * p.n ? asProduct(swapped(p), caps, true) : asProduct(p, caps, false);
}

function swapped(p: MatrixProduct): MatrixProduct {
  const flipped = (x: Matrix) => ({ ...x, transposed: !x.transposed });
  const bias = p.bias && ({ operand: p.bias.operand, along: p.bias.along === "rows" ? "columns" : "rows" } as const);
  return { ...p, m: p.n, n: p.m, a: flipped(p.b), b: flipped(p.a), ...(bias && { bias }) };
}

function asProduct(p: MatrixProduct, caps: Caps, storeTransposed: boolean): Product {
  const { label, about, m, n, k } = p;
  const a = { ...p.a, transposed: p.a.transposed && m > 1 }; // a vector lies the same both ways
  const b = { ...p.b, transposed: p.b.transposed || n === 1 };
  const batches = mergeDims(p.batch, [broadcastStrides(a.batch, p.batch), broadcastStrides(b.batch, p.batch)]);
  // Rows of B and C go four elements at a time where their length allows it. So do those of A and Bᵀ, along k, where
  // reading costs most (1.3 times as fast on lavapipe): a subgroup's tile.
  const wideB = n % 4 === 0 && !b.transposed;
  const wideC = n % 4 === 0 && !storeTransposed;
  const byFours = usesSubgroupTile(caps) && b.transposed && !a.transposed && k % 4 === 0;
  return {
    label,
    about: storeTransposed ? `${about}, transposed` : about,
    m,
    n,
    batches: sizeOf(p.batch),
    sum: [{ index: "k", extent: "k", count: k }],
    alongK: { a: !a.transposed, b: b.transposed },
    byFours,
    uniforms: walkUniforms(batches.sizes, { a: batches.strides[0], b: batches.strides[1] }),
    reads: { a: read(byFours ? "vec4f" : "f32", a.operand), b: read(byFours || wideB ? "vec4f" : "f32", b.operand) },
    operands: [
      matrixOf(batches.sizes.length),
      byFours ? A_BY_FOURS : a.transposed ? A_TRANSPOSED : A_PLAIN,
      byFours ? B_BY_FOURS : b.transposed ? B_TRANSPOSED : wideB ? B_WIDE : B_PLAIN,
    ].join("\n"),
    writes: { c: write(wideC ? "vec4f" : "f32", p.out), ...(p.bias && { bias: read("f32", p.bias.operand) }) },
    store: `${p.bias ? BIAS[p.bias.along] : NO_BIAS}\n${storeTransposed ? C_TRANSPOSED : wideC ? C_WIDE : C_PLAIN}`,
  };
}

/** Which matrices of A and B a batch multiplies. */
function matrixOf(rank: number): string {
  return `fn matrix_of(i: u32) -> vec2u {
  ${walk(["a", "b"], rank).join("\n  ")}
  return vec2u(a_i, b_i);
}`;
}

const A_PLAIN = `alias ACursor = u32; // of A[row, 0]
fn a_cursor(batch: u32, row: u32) -> ACursor { return (matrix_of(batch).x * u.m + row) * u.k; }
fn a_at(cursor: ACursor, k: u32) -> f32 { return a[cursor + k]; }`;

const A_BY_FOURS = `alias ACursor = u32; // of A[row, 0], in fours
fn a_cursor(batch: u32, row: u32) -> ACursor { return (matrix_of(batch).x * u.m + row) * (u.k / 4u); }
fn a_at4(cursor: ACursor, k: u32) -> vec4f { return a[cursor + k / 4u]; }`;

const A_TRANSPOSED = `alias ACursor = u32; // of Aᵀ[0, row]
fn a_cursor(batch: u32, row: u32) -> ACursor { return matrix_of(batch).x * u.m * u.k + row; }
fn a_at(cursor: ACursor, k: u32) -> f32 { return a[cursor + k * u.m]; }`;

/** WGSL: four columns from `col`; past the end, the last one again. */
const FOUR_COLUMNS = "min(col + vec4u(0u, 1u, 2u, 3u), vec4u(u.n - 1u))";

const B_PLAIN = `alias BCursor = vec4u; // of B[0, col … col + 3]
fn b_cursor(batch: u32, col: u32) -> BCursor { return matrix_of(batch).y * u.k * u.n + ${FOUR_COLUMNS}; }
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let i = cursor + k * u.n;
  return vec4f(b[i.x], b[i.y], b[i.z], b[i.w]);
}`;

const B_WIDE = `alias BCursor = u32; // of B[0, col], in fours; past the end, of the last columns
fn b_cursor(batch: u32, col: u32) -> BCursor { return (matrix_of(batch).y * u.k * u.n + min(col, u.n - 4u)) / 4u; }
fn b_at(cursor: BCursor, k: u32) -> vec4f { return b[cursor + k * (u.n / 4u)]; }`;

const B_TRANSPOSED = `alias BCursor = vec4u; // of Bᵀ[col … col + 3, 0]
fn b_cursor(batch: u32, col: u32) -> BCursor { return (matrix_of(batch).y * u.n + ${FOUR_COLUMNS}) * u.k; }
fn b_at(cursor: BCursor, k: u32) -> vec4f {
  let i = cursor + k;
  return vec4f(b[i.x], b[i.y], b[i.z], b[i.w]);
}`;

const B_BY_FOURS = `alias BCursor = vec4u; // of Bᵀ[col … col + 3, 0], in fours
fn b_cursor(batch: u32, col: u32) -> BCursor { return (matrix_of(batch).y * u.n + ${FOUR_COLUMNS}) * (u.k / 4u); }
fn b_at4(cursor: BCursor, k: u32) -> mat4x4f {
  let i = cursor + k / 4u;
  return transpose(mat4x4f(b[i.x], b[i.y], b[i.z], b[i.w]));
}`;

const NO_BIAS = "fn biased(row: u32, col: u32, v: vec4f) -> vec4f { return v; }";

const BIAS = {
  columns: "fn biased(row: u32, col: u32, v: vec4f) -> vec4f { return v + bias[row]; }",
  rows: `fn biased(row: u32, col: u32, v: vec4f) -> vec4f {
  let i = ${FOUR_COLUMNS};
  return v + vec4f(bias[i.x], bias[i.y], bias[i.z], bias[i.w]);
}`,
} as const;

const C_CURSOR = `struct CCursor { at: u32, col: u32 } // of C[0, col]
fn c_cursor(batch: u32, col: u32) -> CCursor { return CCursor(batch * u.m * u.n + col, col); }`;

const C_WIDE = `${C_CURSOR}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  if (cursor.col < u.n) { c[(cursor.at + row * u.n) / 4u] = biased(row, cursor.col, v); }
}`;

const C_PLAIN = `${C_CURSOR}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  let i = cursor.at + row * u.n;
  let w = biased(row, cursor.col, v);
${lines(4, (j) => `  if (cursor.col + ${j}u < u.n) { c[i + ${j}u] = w[${j}]; }`)}
}`;

const C_TRANSPOSED = `${C_CURSOR}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  let i = cursor.at + cursor.col * (u.m - 1u) + row; // of Cᵀ[col, row]
  let w = biased(row, cursor.col, v);
${lines(4, (j) => `  if (cursor.col + ${j}u < u.n) { c[i + ${j}u * u.m] = w[${j}]; }`)}
}`;
