// A tile of a product for software adapters with subgroups. A lane is a SIMD element there, and reading memory costs some
// ten instructions a lane and element: what counts is to read few elements for each product.
import type { Caps, Dispatch } from "../../../tensor/op.js";
import { type Grid, lines, type Product, sumLoops, tileCount, tileKernel } from "./tile.js";

/** Whether products are computed by this tile. */
export const usesSubgroupTile = ({ kind, subgroupSize }: Caps): boolean => kind === "software" && subgroupSize > 0;

/** The most lines of arithmetic in a loop: more take long to compile, and crowd the instruction cache. */
const LONGEST = 96;

/** Rows and groups of four columns of a tile: the choice that costs least for a product of this size. */
export function subgroupGrid(p: Product, size: number): Grid {
  const options = [8, 16]
    .flatMap((rows) => (p.byFours ? [1] : [1, 2]).map((fours) => ({ rows, fours })))
    .filter(({ rows, fours }) => rows * fours === 8 || rows * fours * (p.unrolled?.taps ?? 1) <= LONGEST);
  const grids = options.map(({ rows, fours }) => ({ rows: Math.max(size, rows), columns: 4 * fours * size, parts: 1 }));
  // Elements read for each k, ten instructions each; arithmetic, two for each element of a lane's results.
  const cost = ({ rows, columns }: Grid) => 10 * (rows + columns) + (2 * rows * columns) / size;
  const total = (grid: Grid) => tileCount(p, grid) * cost(grid);
  return grids.reduce((best, grid) => (total(grid) < total(best) ? grid : best));
}

/**
 * One workgroup is one subgroup. Lane l keeps four or eight columns of every row in registers. For each k it reads their elements of B, and one of A,
 * in row l (and l + size, …), which the others get by broadcast.
 */
export function subgroupTile(p: Product, grid: Grid, size: number): Dispatch {
  const { rows, columns } = grid;
  const held = rows / size; // rows of A that a lane reads
  const fours = columns / size / 4; // groups of four columns that it computes
  const code = `@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = group_index(wg, groups);
  if (tile >= u.tiles) { return; }
  let t = place(tile, wg.z);
  let col = t.col + lane * 4u;
${lines(held, (h) => `  let a${h} = a_cursor(t.batch, min(t.row + ${h * size}u + lane, u.m - 1u));`)}
${lines(fours, (j) => `  let b${j} = b_cursor(t.batch, col + ${4 * j * size}u);`)}
${lines(rows, (r) => `  ${lines(fours, (j) => `var c${r}_${j} = vec4f();`, " ")}`)}
${loops(p, rows, fours, size)}
${lines(fours, (j) => `  let out${j} = c_cursor(t.out, col + ${4 * j * size}u);`)}
  // A loop that the driver cannot unroll: every store is compiled for every lane, and takes longer than all the rest.
  var results = array<vec4f, ${rows * fours}>(${lines(rows, (r) => lines(fours, (j) => `c${r}_${j}`, ", "), ", ")});
  for (var r = 0u; r < u.tile_rows && t.row + r < u.m; r++) {
${lines(fours, (j) => `    put4(out${j}, t.row + r, results[r * ${fours}u + ${j}u]);`)}
  }
}`;
  return tileKernel(p, grid, {
    variant: "subgroup",
    about: `${rows} rows × ${columns} columns a subgroup, A by broadcast`,
    enable: "enable subgroups;",
    code,
  });
}

function loops(p: Product, rows: number, fours: number, size: number): string {
  const { sum, byFours, unrolled } = p;
  if (byFours) return sumLoops(sum, fourSteps(rows, fours, size), 4);
  const indices = sum.map(({ index }) => index);
  if (!unrolled || unrolled.taps * rows * fours > LONGEST) {
    const at = indices.join(", ");
    return sumLoops(
      sum,
      step(at, rows, fours, size, (j) => `b_at(b${j}, ${at})`),
    );
  }
  const outer = indices.slice(0, -1).join(", ");
  const taps = lines(unrolled.taps, (tap) => {
    return `    {\n${step(`${outer}, ${tap}u`, rows, fours, size, (j) => unrolled.read(tap, `w${j}`))}\n    }`;
  });
  return sumLoops(sum.slice(0, -1), `${lines(fours, (j) => `    let w${j} = b_window(b${j}, ${outer});`)}\n${taps}`);
}

/** All rows' products with one k. */
function step(at: string, rows: number, fours: number, size: number, b: (j: number) => string): string {
  return `${lines(rows / size, (h) => `    let a${h}k = a_at(a${h}, ${at});`)}
${lines(fours, (j) => `    let b${j}k = ${b(j)};`)}
${lines(rows, (r) => {
  const products = lines(fours, (j) => `c${r}_${j} += a * b${j}k;`, " ");
  return `    { let a = subgroupBroadcast(a${Math.floor(r / size)}k, ${r % size}u); ${products} }`;
})}`;
}

/** All rows' products with four k. */
function fourSteps(rows: number, fours: number, size: number): string {
  return `${lines(rows / size, (h) => `    let a${h}k = a_at4(a${h}, k);`)}
${lines(fours, (j) => `    let b${j}k = b_at4(b${j}, k);`)}
${lines(4, (i) =>
  lines(rows, (r) => {
    const products = lines(fours, (j) => `c${r}_${j} += a * b${j}k[${i}];`, " ");
    return `    { let a = subgroupBroadcast(a${Math.floor(r / size)}k[${i}], ${r % size}u); ${products} }`;
  }),
)}`;
}
