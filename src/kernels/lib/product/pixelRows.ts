// B of a convolution's product: rows of pixels, read where they lie, four columns of the result at a time. A row of the
// result counts as if its length were a multiple of four, so that four columns are always in one row.
import { lines, type Product } from "./tile.js";

export interface PixelRows {
  /** The array that is read, and the uniform that holds the length of its rows. */
  readonly array: string;
  readonly width: string;
  /** Names of the sum's loops: the two that lead to a row, and the one over the taps in it. */
  readonly loops: readonly [string, string, string];
  readonly taps: number;
  /** How far to the right the next column's pixel is, and the next tap's. */
  readonly columnStep: number;
  readonly tapStep: number;
}

/** Columns of a result row when it is filled up to a multiple of four. */
export const pitchOf = (width: number): number => 4 * Math.ceil(width / 4);

/**
 * The parts of a product that read B, given WGSL for `b_cursor` and `b_row(cursor: BCursor, i: u32, j: u32) -> BRow`,
 * the row that the two outer loops lead to. Where taps share pixels, a row can be read at once for all of them.
 */
export function pixelRows(rows: PixelRows): { operand: string } & Pick<Product, "unrolled"> {
  const { array, width, loops, taps, columnStep, tapStep } = rows;
  const outer = `${loops[0]}: u32, ${loops[1]}: u32`;
  const offset = (column: number, tap: number) => column * columnStep + tap * tapStep;
  const all = Array.from({ length: 4 * taps }, (_, i) => offset(i % 4, Math.floor(i / 4)));
  const offsets = [...new Set(all)].sort((a, b) => a - b);
  const operand = `/// A row of pixels: where its first column is in memory, which column that is, and whether there is such a row.
struct BRow { at: u32, col: u32, exists: bool }
/// the pixel so far to the right (large numbers wrap around to the left); zero in the padding
fn pixel(row: BRow, right: u32) -> f32 {
  let inside = row.exists && row.col + right < u.${width};
  return select(0.0, ${array}[select(0u, row.at + right, inside)], inside);
}
fn b_at(cursor: BCursor, ${outer}, ${loops[2]}: u32) -> vec4f {
  let row = b_row(cursor, ${loops[0]}, ${loops[1]});
  let right = ${loops[2]} * ${wrapped(tapStep)};
  return vec4f(${lines(4, (j) => `pixel(row, right + ${wrapped(j * columnStep)})`, ", ")});
}`;
  if (offsets.length >= all.length) return { operand };
  const window = `
fn b_window(cursor: BCursor, ${outer}) -> array<f32, ${offsets.length}> {
  let row = b_row(cursor, ${loops[0]}, ${loops[1]});
  return array(${offsets.map((o) => `pixel(row, ${wrapped(o)})`).join(", ")});
}`;
  const read = (tap: number, w: string) =>
    `vec4f(${lines(4, (j) => `${w}[${offsets.indexOf(offset(j, tap))}]`, ", ")})`;
  return { operand: operand + window, unrolled: { taps, read } };
}

/** A WGSL u32 that adds `n`, which may be negative, or more than u32 holds where strides are that large. */
const wrapped = (n: number) => (n < 0 ? `u32(${n}i)` : `${n % 2 ** 32}u`);
