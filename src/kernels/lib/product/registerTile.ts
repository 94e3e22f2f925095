// A tile of a product that a thread computes by itself: needs no subgroups, so that it runs on every software adapter.
import type { Dispatch } from "../../../tensor/op.js";
import { type Grid, lines, type Product, sumLoops, tileKernel } from "./tile.js";

const WORKGROUP = 32;

/** Rows and columns that a thread computes. */
export const REGISTER_GRID: Grid = { rows: 8, columns: 4, parts: 1 };

/** The threads of a workgroup follow each other along the columns, so that most read the same elements of A. */
export function registerTile(p: Product, grid: Grid): Dispatch {
  const { rows } = grid;
  const at = p.sum.map(({ index }) => index).join(", ");
  const step = `    let bk = b_at(b, ${at});
${lines(rows, (r) => `    c${r} += a_at(a${r}, ${at}) * bk;`)}`;
  const code = `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (tile >= u.tiles) { return; }
  let t = place(tile, wg.z);
${lines(rows, (r) => `  let a${r} = a_cursor(t.batch, min(t.row + ${r}u, u.m - 1u)); var c${r} = vec4f();`)}
  let b = b_cursor(t.batch, t.col);
${sumLoops(p.sum, step)}
  let c = c_cursor(t.out, t.col);
  // A loop that the driver cannot unroll, so that the store is compiled once.
  var results = array<vec4f, ${rows}>(${lines(rows, (r) => `c${r}`, ", ")});
  for (var r = 0u; r < u.tile_rows && t.row + r < u.m; r++) { put4(c, t.row + r, results[r]); }
}`;
  const about = `${rows} rows × 4 columns a thread`;
  return tileKernel(p, grid, { variant: "register", about, tilesPerGroup: WORKGROUP, code });
}
