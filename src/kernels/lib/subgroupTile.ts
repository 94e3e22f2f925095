// A product tiled by subgroups, for software adapters: a lane is a SIMD element there, and broadcasting A costs nothing.
import type { Dispatch } from "../../tensor/op.js";
import { kernel } from "./kernel.js";
import { gridUniforms, lines, type Product } from "./tile.js";

const WORKGROUP = 32; // a multiple of the subgroup size, or broadcasts go wrong
const ROWS = 8;

/**
 * Each subgroup of `size` lanes computes 8 rows (or `size`, if more) × 4·size columns. Lane l keeps four columns of
 * every row in registers; of A it reads row l (and l + size, …), and hands it on by broadcast.
 */
export function subgroupTile(p: Product, size: number): Dispatch {
  const held = Math.max(1, ROWS / size); // rows of A that a lane reads
  const rows = held * size;
  const across = Math.ceil(p.n / (4 * size));
  const down = Math.ceil(p.m / rows);
  const uniforms = gridUniforms(p, across, down);
  const code = `${p.functions.trim()}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) local: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let tile = group_index(wg, groups) * ${WORKGROUP / size}u + local / ${size}u;
  let t = min(tile, u.tiles - 1u); // broadcasts need all lanes in step: those past the last tile repeat it unstored
  let col = (t % u.across * ${size}u + lane) * 4u;
  let row = t / u.across % u.down * ${rows}u;
  let batch = t / (u.across * u.down);
${lines(held, (h) => `  let a${h} = a_cursor(batch, min(row + ${h * size}u + lane, u.m - 1u));`)}
  let b = b_cursor(batch, col);
${lines(rows, (r) => `  var c${r} = vec4f();`)}
${p.step === 4 ? fourSteps(held, rows, size) : oneStep(held, rows, size)}
  if (tile >= u.tiles) { return; }
${lines(rows, (r) => `  if (row + ${r}u < u.m) { put4(batch, row + ${r}u, col, c${r}); }`)}
}`;
  return kernel({
    label: `${p.label}/subgroup`,
    about: `${p.about}; ${rows} rows × ${4 * size} columns a subgroup, A by broadcast`,
    enable: "enable subgroups;",
    uniforms,
    bindings: p.bindings,
    code,
    groups: Math.ceil((uniforms.tiles.value * size) / WORKGROUP),
  });
}

function oneStep(held: number, rows: number, size: number): string {
  return `  for (var k = 0u; k < u.k; k++) {
${lines(held, (h) => `    let a${h}k = a_at(a${h}, k);`)}
    let bk = b_at(b, k);
${lines(rows, (r) => `    c${r} += subgroupBroadcast(a${Math.floor(r / size)}k, ${r % size}u) * bk;`)}
  }`;
}

function fourSteps(held: number, rows: number, size: number): string {
  const a = (r: number, i: number) => `subgroupBroadcast(a${Math.floor(r / size)}k[${i}], ${r % size}u)`;
  return `  for (var k = 0u; k < u.k; k += 4u) {
${lines(held, (h) => `    let a${h}k = a_at4(a${h}, k);`)}
    let bk = b_at4(b, k);
${lines(4, (i) => lines(rows, (r) => `    c${r} += ${a(r, i)} * bk[${i}];`))}
  }`;
}
