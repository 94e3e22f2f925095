// A product tiled in registers only: needs no feature, so it runs on every adapter.
import type { Dispatch } from "../../tensor/op.js";
import { kernel } from "./kernel.js";
import { gridUniforms, lines, type Product } from "./tile.js";

const WORKGROUP = 64;
const ROWS = 4;

/** Each thread computes 4 rows × 4 columns; neighbours read the same rows of A and follow each other along B. */
export function registerTile(p: Product): Dispatch {
  const across = Math.ceil(p.n / 4);
  const down = Math.ceil(p.m / ROWS);
  const uniforms = gridUniforms(p, across, down);
  const code = `${p.functions.trim()}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (tile >= u.tiles) { return; }
  let col = tile % u.across * 4u;
  let row = tile / u.across % u.down * ${ROWS}u;
  let batch = tile / (u.across * u.down);
${lines(ROWS, (r) => `  let a${r} = a_cursor(batch, min(row + ${r}u, u.m - 1u));`)}
  let b = b_cursor(batch, col);
${lines(ROWS, (r) => `  var c${r} = vec4f();`)}
${p.step === 4 ? FOUR_STEPS : ONE_STEP}
${lines(ROWS, (r) => `  if (row + ${r}u < u.m) { put4(batch, row + ${r}u, col, c${r}); }`)}
}`;
  return kernel({
    label: `${p.label}/register`,
    about: `${p.about}; ${ROWS} rows × 4 columns a thread`,
    uniforms,
    bindings: p.bindings,
    code,
    groups: Math.ceil(uniforms.tiles.value / WORKGROUP),
  });
}

const ONE_STEP = `  for (var k = 0u; k < u.k; k++) {
    let bk = b_at(b, k);
${lines(ROWS, (r) => `    c${r} += a_at(a${r}, k) * bk;`)}
  }`;

const FOUR_STEPS = `  for (var k = 0u; k < u.k; k += 4u) {
    let bk = b_at4(b, k);
${lines(ROWS, (r) => `    c${r} += bk * a_at4(a${r}, k);`)}
  }`;
