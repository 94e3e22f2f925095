// A tile of a product for GPUs: a workgroup brings blocks of A and B into its memory, and each thread multiplies 4 × 4.
import type { Dispatch } from "../../tensor/op.js";
import { decode, type Grid, lines, type Product, partOfSum, tileKernel } from "./tile.js";

const SIDE = 64; // columns of a tile, and rows at most
const DEPTH = 16; // values of k that are in workgroup memory at a time
const THREADS = 16; // in each direction

/** 64 × 64; fewer rows where the product has no more. */
export function sharedGrid({ m }: Product): Grid {
  return { rows: m <= 16 ? 16 : m <= 32 ? 32 : SIDE, columns: SIDE, parts: 1 };
}

/**
 * Thread (x, y) computes four rows (or two, or one) from 4y and four columns from 4x. In each round the workgroup reads
 * blocks of A and B that are 16 deep, its threads following each other in the direction in which memory does.
 */
export function sharedTile(p: Product, grid: Grid): Dispatch {
  const each = grid.rows / THREADS;
  const at = p.sum.map(({ index }) => index).join(", ");
  // Along k, x counts k; else y does, and x counts rows or columns.
  const [aK, aRow] = p.alongK.a ? ["x", "y"] : ["y", "x"];
  const [bK, bCol] = p.alongK.b ? ["x", "y"] : ["y", "x"];
  // By k, so that what a thread multiplies are neighbours; one more than needed, so that writes meet different banks.
  const code = `var<workgroup> a_block: array<array<f32, ${grid.rows + 4}>, ${DEPTH}>;
var<workgroup> b_block: array<array<vec4f, ${SIDE / 4 + 1}>, ${DEPTH}>;

@compute @workgroup_size(${THREADS}, ${THREADS})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let tile = group_index(wg, groups);
  if (tile >= u.tiles) { return; }
  let t = place(tile, wg.z);
${lines(each, (i) => `  let a${i} = a_cursor(t.batch, min(t.row + id.${aRow} * ${each}u + ${i}u, u.m - 1u)); var c${i} = vec4f();`)}
  let b = b_cursor(t.batch, t.col + id.${bCol} * 4u);
${partOfSum(p.sum)}
  for (var k0 = start; k0 < end; k0 += ${DEPTH}u) {
    let ka = k0 + id.${aK};
    let kb = k0 + id.${bK};
${lines(each, (i) => `    var a${i}k = 0.0;`)}
    var bk = vec4f();
    if (ka < end) {
${decode(p.sum, "ka")}
${lines(each, (i) => `      a${i}k = a_at(a${i}, ${at});`)}
    }
    if (kb < end) {
${decode(p.sum, "kb")}
      bk = b_at(b, ${at});
    }
    workgroupBarrier(); // until all are done with the last blocks
${lines(each, (i) => `    a_block[id.${aK}][id.${aRow} * ${each}u + ${i}u] = a${i}k;`)}
    b_block[id.${bK}][id.${bCol}] = bk;
    workgroupBarrier();
    for (var i = 0u; i < ${DEPTH}u; i++) {
      let b4 = b_block[i][id.x];
${lines(each, (i) => `      c${i} += a_block[i][id.y * ${each}u + ${i}u] * b4;`)}
    }
  }
  let c = c_cursor(t.out, t.col + id.x * 4u);
  let row = t.row + id.y * ${each}u;
${lines(each, (i) => `  if (row + ${i}u < u.m) { put4(c, row + ${i}u, c${i}); }`)}
}`;
  const about = `${grid.rows} × ${SIDE} a workgroup, in blocks of ${DEPTH} k in its memory`;
  return tileKernel(p, grid, { variant: "shared", about, code });
}
