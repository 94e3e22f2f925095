// A tile of a product for GPUs: a workgroup brings blocks of A and B into its memory, and each thread multiplies 4 × 4
// or 8 × 8 elements from there.
import type { Caps, Dispatch } from "../../../tensor/op.js";
import { decode, type Grid, lines, type Product, partOfSum, tileCount, tileKernel } from "./tile.js";

const THREADS = 16; // in each direction
const DEPTH = 16; // values of k that are in workgroup memory at a time
/** Workgroups that keep a GPU busy. */
export const GPU_TILES = 256;

/** 128 × 128 where that leaves enough workgroups, else 64 columns by as many rows as there are, at most 64. */
export function sharedGrid(p: Product, { maxWorkgroupBytes }: Caps): Grid {
  const large = { rows: 128, columns: 128, parts: 1 };
  if (tileCount(p, large) >= GPU_TILES && bytesOf(large) <= maxWorkgroupBytes) return large;
  return { rows: p.m <= 16 ? 16 : p.m <= 32 ? 32 : 64, columns: 64, parts: 1 };
}

const bytesOf = ({ rows, columns }: Grid) => 4 * DEPTH * (rows + columns + 8);

/**
 * Thread (x, y) computes rows from `each`·y, and four columns from 4x and maybe from 4x + 64. In each round the workgroup
 * reads blocks of A and B that are 16 deep, its threads following each other in the direction in which memory does.
 */
export function sharedTile(p: Product, grid: Grid): Dispatch {
  const each = grid.rows / THREADS;
  const fours = grid.columns / THREADS / 4;
  const width = Math.min(each, 4); // rows that are read at once
  const at = p.sum.map(({ index }) => index).join(", ");
  // Along k, x counts k; else y does, and x counts rows or columns.
  const [aK, aRow] = p.alongK.a ? ["x", "y"] : ["y", "x"];
  const [bK, bCol] = p.alongK.b ? ["x", "y"] : ["y", "x"];
  const quad = (first: number) => lines(width, (i) => `a_at(a${first * width + i}, ${at})`, ", ");
  // By k, so that what a thread multiplies are neighbours; one more than needed, so that writes meet different banks.
  const code = `alias Rows = ${width === 1 ? "f32" : `vec${width}f`};
var<workgroup> a_block: array<array<Rows, ${grid.rows / width + 1}>, ${DEPTH}>;
var<workgroup> b_block: array<array<vec4f, ${grid.columns / 4 + 1}>, ${DEPTH}>;

@compute @workgroup_size(${THREADS}, ${THREADS})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let tile = group_index(wg, groups);
  if (tile >= u.tiles) { return; }
  let t = place(tile, wg.z);
${lines(each, (i) => `  let a${i} = a_cursor(t.batch, min(t.row + id.${aRow} * ${each}u + ${i}u, u.m - 1u));`)}
${lines(fours, (j) => `  let b${j} = b_cursor(t.batch, t.col + id.${bCol} * 4u + ${64 * j}u);`)}
${lines(each, (i) => `  ${lines(fours, (j) => `var c${i}_${j} = vec4f();`, " ")}`)}
${partOfSum(p.sum)}
  for (var k0 = start; k0 < end; k0 += ${DEPTH}u) {
    let ka = k0 + id.${aK};
    let kb = k0 + id.${bK};
    workgroupBarrier(); // until all are done with the last blocks
${lines(each / width, (q) => `    a_block[id.${aK}][id.${aRow} * ${each / width}u + ${q}u] = Rows();`)}
${lines(fours, (j) => `    b_block[id.${bK}][id.${bCol} + ${16 * j}u] = vec4f();`)}
    if (ka < end) {
${decode(p.sum, "ka")}
${lines(each / width, (q) => `      a_block[id.${aK}][id.${aRow} * ${each / width}u + ${q}u] = Rows(${quad(q)});`)}
    }
    if (kb < end) {
${decode(p.sum, "kb")}
${lines(fours, (j) => `      b_block[id.${bK}][id.${bCol} + ${16 * j}u] = b_at(b${j}, ${at});`)}
    }
    workgroupBarrier();
    for (var i = 0u; i < ${DEPTH}u; i++) {
${lines(each / width, (q) => `      let a${q}i = a_block[i][id.y * ${each / width}u + ${q}u];`)}
${lines(fours, (j) => `      let b${j}i = b_block[i][id.x + ${16 * j}u];`)}
${lines(each, (r) => {
  const a = `a${Math.floor(r / width)}i${width === 1 ? "" : `[${r % width}]`}`;
  return `      ${lines(fours, (j) => `c${r}_${j} += ${a} * b${j}i;`, " ")}`;
})}
    }
  }
  let row = t.row + id.y * ${each}u;
${lines(fours, (j) => `  let out${j} = c_cursor(t.out, t.col + id.x * 4u + ${64 * j}u);`)}
${lines(each, (i) => `  if (row + ${i}u < u.m) { ${lines(fours, (j) => `put4(out${j}, row + ${i}u, c${i}_${j});`, " ")} }`)}
}`;
  const about = `${grid.rows} × ${grid.columns} a workgroup, in blocks of ${DEPTH} k in its memory`;
  return tileKernel(p, grid, { variant: "shared", about, code });
}
