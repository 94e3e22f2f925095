// The grid loop of kernels without workgroup memory: one index an iteration, whatever the number of threads.
import type { Caps } from "../../../tensor/op.js";

const WORKGROUP = 64;
/** Threads loop over the rest: starting a workgroup costs a software adapter as much as some hundred elements. */
const MAX_GROUPS = { software: 128, gpu: 16384 };

/** `main`, running the lines of `body` for each `i` below the uniform `size`. */
export function gridLoop(body: readonly string[]): string {
  return `
@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(workgroup_id) wg: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let threads = groups.x * groups.y * ${WORKGROUP}u;
  for (var i = group_index(wg, groups) * ${WORKGROUP}u + lane; i < u.size; i += threads) {
${body.map((line) => `    ${line}`).join("\n")}
  }
}`;
}

/** Workgroups for `size` iterations. */
export function gridGroups(size: number, caps: Caps): number {
  return Math.min(MAX_GROUPS[caps.kind], Math.ceil(size / WORKGROUP));
}
