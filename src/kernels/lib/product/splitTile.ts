// A tile of a product that is long in k and narrow, for GPUs: the threads of a workgroup share out k.
import type { Dispatch } from "../../../tensor/op.js";
import { decode, type Grid, lines, type Product, partOfSum, tileKernel } from "./tile.js";

const SIDE = 4;
const THREADS = 64;

/** Rows and columns that a workgroup computes. */
export const SPLIT_GRID: Grid = { rows: SIDE, columns: SIDE, parts: 1 };

/** Whether a product has so few rows or columns that other tiles would be idle, and lies so that threads can follow k. */
export function isNarrow({ m, n, alongK }: Product): boolean {
  return Math.min(m, n) <= SIDE && alongK.a && alongK.b;
}

/** Thread i adds up every 64th product from the i-th; a tree adds up the threads' sums. */
export function splitTile(p: Product, grid: Grid): Dispatch {
  const at = p.sum.map(({ index }) => index).join(", ");
  const code = `var<workgroup> sums: array<array<vec4f, ${SIDE}>, ${THREADS}>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = group_index(wg, groups);
  if (tile >= u.tiles) { return; }
  let t = place(tile, wg.z);
${lines(SIDE, (i) => `  let a${i} = a_cursor(t.batch, min(t.row + ${i}u, u.m - 1u)); var c${i} = vec4f();`)}
  let b = b_cursor(t.batch, t.col);
${partOfSum(p.sum)}
  for (var i = start + lane; i < end; i += ${THREADS}u) {
${decode(p.sum, "i")}
      let bk = b_at(b, ${at});
${lines(SIDE, (i) => `      c${i} += a_at(a${i}, ${at}) * bk;`)}
  }
  sums[lane] = array(${lines(SIDE, (i) => `c${i}`, ", ")});
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      for (var i = 0u; i < ${SIDE}u; i++) { sums[lane][i] += sums[lane + half][i]; }
    }
  }
  workgroupBarrier();
  if (lane < ${SIDE}u && t.row + lane < u.m) { put4(c_cursor(t.out, t.col), t.row + lane, sums[0][lane]); }
}`;
  const about = `${SIDE} × ${SIDE} a workgroup, whose threads share out k`;
  return tileKernel(p, grid, { variant: "split", about, code });
}
