// Choosing how to compute a product on the adapter at hand: what matmul, linear and the convolutions call.
import type { Caps, Dispatch, Plan } from "../../tensor/op.js";
import { kernel, read, scratch, u32 } from "./kernel.js";
import { REGISTER_GRID, registerTile } from "./registerTile.js";
import { sharedGrid, sharedTile } from "./sharedTile.js";
import { isNarrow, SPLIT_GRID, splitTile } from "./splitTile.js";
import { subgroupGrid, subgroupTile } from "./subgroupTile.js";
import { type Grid, type Product, shareOf, tileCount } from "./tile.js";

/** The launches of a product: a tile's, and where the sum is cut into parts the one that adds these. */
export function product(p: Product, caps: Caps): Plan {
  const { subgroupSize, kind } = caps;
  if (kind === "gpu" && isNarrow(p)) return inParts(p, SPLIT_GRID, GPU_TILES, (grid) => splitTile(p, grid));
  if (kind === "gpu") return inParts(p, sharedGrid(p), GPU_TILES, (grid) => sharedTile(p, grid));
  if (subgroupSize === 0) return inParts(p, REGISTER_GRID, SOFTWARE_TILES * 32, (grid) => registerTile(p, grid));
  return inParts(p, subgroupGrid(p, subgroupSize), SOFTWARE_TILES, (grid) => subgroupTile(p, grid, subgroupSize));
}

/** Tiles that keep an adapter busy: some for each core, or multiprocessor. */
const SOFTWARE_TILES = 32;
const GPU_TILES = 256;
/** Products that a part must add up to be worth the writing and reading of its sums. */
const LEAST_PART = 256;

function inParts(p: Product, grid: Grid, enough: number, launch: (grid: Grid) => Dispatch): Plan {
  const [outer, ...inner] = p.sum;
  const length = inner.reduce((total, { count }) => total * count, outer.count);
  const wanted = Math.floor(enough / tileCount(p, grid));
  const parts = Math.min(wanted, Math.floor(length / LEAST_PART), outer.count);
  if (parts < 2) return { dispatches: [launch(grid)] };
  const cut = Math.ceil(outer.count / shareOf(p, parts));
  const fours = p.batches * p.m * Math.ceil(p.n / 4);
  return { dispatches: [launch({ ...grid, parts: cut }), addParts(p, cut, fours)], scratch: [cut * fours * 16] };
}

/** Launches of several products, one after the other; they use the same scratch. */
export function inTurn(plans: readonly Plan[]): Plan {
  const scratchBytes = Math.max(0, ...plans.flatMap((plan) => plan.scratch ?? []));
  return { dispatches: plans.flatMap(({ dispatches }) => dispatches), scratch: scratchBytes > 0 ? [scratchBytes] : [] };
}

const WORKGROUP = 64;

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
