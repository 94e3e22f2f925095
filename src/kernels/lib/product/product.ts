// Choosing how to compute a product on the adapter at hand: what matmul, linear and the convolutions call.
import type { Caps, Dispatch, Plan } from "../../../tensor/op.js";
import { kernel, read, scratch, u32 } from "../text/kernel.js";
import { REGISTER_GRID, registerTile } from "./registerTile.js";
import { GPU_TILES, sharedGrid, sharedTile } from "./sharedTile.js";
import { isNarrow, SPLIT_GRID, splitTile } from "./splitTile.js";
import { subgroupGrid, subgroupTile, usesSubgroupTile } from "./subgroupTile.js";
import { type Grid, type Product, shareOf, tileCount } from "./tile.js";

const WORKGROUP = 64;
/** Tiles that keep a software adapter busy: some for each core. */
const SOFTWARE_TILES = 32;
/** Products that a part must add up to be worth the writing and reading of its sums. */
const LEAST_PART = 256;

/** The launches of a product, by the tile that suits the adapter. */
export function product(p: Product, caps: Caps): Plan {
  if (usesSubgroupTile(caps)) {
    const grid = busy(p, subgroupGrid(p, caps.subgroupSize), SOFTWARE_TILES);
    return inParts(p, grid, (p, grid) => subgroupTile(p, grid, caps.subgroupSize));
  }
  if (caps.kind === "software") return inParts(p, busy(p, REGISTER_GRID, SOFTWARE_TILES * WORKGROUP), registerTile);
  if (isNarrow(p)) return inParts(p, busy(p, SPLIT_GRID, GPU_TILES), splitTile);
  return inParts(p, busy(p, sharedGrid(p, caps), GPU_TILES), sharedTile);
}

/** The grid with its sum cut into parts where it has fewer than `enough` tiles. */
function busy(p: Product, grid: Grid, enough: number): Grid {
  const length = p.sum.reduce((total, { count }) => total * count, 1);
  return { ...grid, parts: Math.min(Math.floor(enough / tileCount(p, grid)), Math.floor(length / LEAST_PART)) };
}

/** The launch of a tile, and where its grid cuts the sum into parts the one that adds these up. */
export function inParts(p: Product, grid: Grid, tile: (p: Product, grid: Grid) => Dispatch): Plan {
  const { count } = p.sum[0];
  const wanted = Math.min(grid.parts, count);
  const parts = wanted < 2 ? 1 : Math.ceil(count / shareOf(p, wanted)); // maybe fewer: shares are rounded up
  if (parts < 2) return { dispatches: [tile(p, { ...grid, parts: 1 })] };
  const fours = p.batches * p.m * Math.ceil(p.n / 4);
  return { dispatches: [tile(p, { ...grid, parts }), addParts(p, parts, fours)], scratch: [parts * fours * 16] };
}

/** Launches of several products, one after the other; they use the same scratch. */
export function inTurn(plans: readonly Plan[]): Plan {
  const scratchBytes = Math.max(0, ...plans.flatMap((plan) => plan.scratch ?? []));
  return { dispatches: plans.flatMap(({ dispatches }) => dispatches), scratch: scratchBytes > 0 ? [scratchBytes] : [] };
}

/** Adds up the parts of a product, in their order, and stores the sums as the product itself would. */
function addParts(p: Product, parts: number, fours: number): Dispatch {
  const code = `${p.store.trim()}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.fours) { return; }
  var sum = vec4f();
  for (var part = 0u; part < u.parts; part++) { sum += parts[part * u.fours + i]; }
  let across = (u.n + 3u) / 4u;
  put4(c_cursor(i / (across * u.m), i % across * 4u), i / across % u.m, sum);
}`;
  return kernel({
    label: `${p.label}/parts`,
    about: `${p.about}; adds up parts of the sum, four columns a thread`,
    uniforms: {
      m: u32(p.m),
      n: u32(p.n),
      batches: u32(p.batches),
      parts: u32(parts),
      fours: u32(fours),
      ...p.uniforms,
    },
    bindings: { parts: read("vec4f", scratch(0)), ...p.writes },
    code,
    groups: Math.ceil(fours / WORKGROUP),
  });
}
