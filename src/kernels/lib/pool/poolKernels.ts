// The frames of pooling kernels: windows over an image, and their gradient back to it.
import type { Dispatch } from "../../../tensor/op.js";
import { type Shape, sizeOf } from "../../../tensor/shape.js";
import { type Binding, kernel, type Uniform, u32 } from "../text/kernel.js";
import { type Window, windowConstants } from "./window.js";

const WORKGROUP = 64;

interface PoolFrame {
  readonly label: string;
  readonly window: Window;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  /** WGSL functions that the other texts call. */
  readonly functions?: string;
}

/** The texts of a pooling; they see vectors of four, for four neighbouring windows. */
export interface Pooling extends PoolFrame {
  /** Declares the variables that the windows fill. */
  readonly start: string;
  /** Takes in the windows' pixels `v` at `row` and `col`, of which those `inside` exist. */
  readonly visit: string;
  /** Stores what element `out` of the result is from component `j`. */
  readonly store: string;
}

/** A launch that pools x `[B, C, h, w]` to `[B, C, oh, ow]`: a thread takes four windows of a row. */
export function poolWindows(p: Pooling, x: Shape, y: Shape): Dispatch {
  const fours = Math.ceil(y[3] / 4);
  const threads = y[0] * y[1] * y[2] * fours;
  const code = `${windowConstants(p.window)}
${p.functions ?? ""}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.threads) { return; }
  let ox = i % u.fours * 4u;
  let oy = i / u.fours % u.oh;
  let plane = i / (u.fours * u.oh);
${p.start}
  for (var ky = 0u; ky < KH; ky++) {
    for (var kx = 0u; kx < KW; kx++) {
      let row = oy * SH + ky - PH; // above or left of the image: wraps to large numbers
      let col = (ox + vec4u(0u, 1u, 2u, 3u)) * SW + kx - PW;
      let inside = (col < vec4u(u.w)) & vec4<bool>(row < u.h);
      let at = select(vec4u(), (plane * u.h + row) * u.w + col, inside);
      let v = vec4f(x[at.x], x[at.y], x[at.z], x[at.w]);
${p.visit}
    }
  }
  for (var j = 0u; j < min(4u, u.ow - ox); j++) {
    let out = (plane * u.oh + oy) * u.ow + ox + j;
${p.store}
  }
}`;
  const sizes = { threads: u32(threads), fours: u32(fours), h: u32(x[2]), w: u32(x[3]), oh: u32(y[2]), ow: u32(y[3]) };
  return kernel({
    label: p.label,
    about: "a thread takes four windows of a row",
    uniforms: { ...sizes, ...p.uniforms },
    bindings: p.bindings,
    code,
    groups: Math.ceil(threads / WORKGROUP),
  });
}

/** The texts of a pooling's gradient. */
export interface Unpooling extends PoolFrame {
  /** Declares what is needed of the window at `at` (row `oy`, column `ox`), which may not exist (`exists`). */
  readonly load: string;
  /** What the window gives to the pixel at `row` and `col`, which its place `wy`, `wx` may be outside the kernel of. */
  readonly give: string;
}

/** Pixels of a cell that a thread may keep in registers: WGSL grants it 2,048, drivers unroll them all. */
const LARGEST_CELL = 64;

/** A launch of the gradient gx `[B, C, h, w]` from windows `[B, C, oh, ow]`: a thread a cell of pixels, or a pixel where cells are large. */
export function unpoolWindows(p: Unpooling, x: Shape, y: Shape): Dispatch {
  const [sh, sw] = p.window.stride;
  return sh * sw <= LARGEST_CELL ? unpoolCells(p, x, y) : unpoolPixels(p, x, y);
}

/** A thread takes a pixel, and the windows that cover it. */
function unpoolPixels(p: Unpooling, x: Shape, y: Shape): Dispatch {
  const code = `  let col = i % u.w;
  let row = i / u.w % u.h;
  let plane = i / (u.w * u.h);
  let cx = (col + PW) / SW;
  let cy = (row + PH) / SH;
  var sum = 0.0;
${eachWindow(
  p,
  `      let wy = dy * SH + (row + PH) % SH;
      let wx = dx * SW + (col + PW) % SW;
      sum += ${p.give};`,
)}
  gx[i] = sum;`;
  return unpool(p, x, y, { about: "a thread takes a pixel, and the windows that cover it", threads: sizeOf(x), code });
}

/**
 * A thread takes a cell of stride × stride pixels: the same few windows cover them all, the one that starts in the cell
 * and those a cell or more before.
 */
function unpoolCells(p: Unpooling, x: Shape, y: Shape): Dispatch {
  const { stride, padding } = p.window;
  const [rows, columns] = [0, 1].map((d) => Math.ceil((x[2 + d] + padding[d]) / stride[d]));
  const code = `  let cx = i % u.cells_w;
  let cy = i / u.cells_w % u.cells_h;
  let plane = i / (u.cells_w * u.cells_h);
  var sums: array<f32, SH * SW>;
${eachWindow(
  p,
  `      for (var py = 0u; py < SH; py++) {
        for (var px = 0u; px < SW; px++) {
          let wy = dy * SH + py;
          let wx = dx * SW + px;
          let row = cy * SH + py - PH;
          let col = cx * SW + px - PW;
          sums[py * SW + px] += ${p.give};
        }
      }`,
)}
  for (var py = 0u; py < SH; py++) {
    for (var px = 0u; px < SW; px++) {
      let row = cy * SH + py - PH;
      let col = cx * SW + px - PW;
      if (row < u.h && col < u.w) { gx[(plane * u.h + row) * u.w + col] = sums[py * SW + px]; }
    }
  }`;
  const about = "a thread takes a cell of stride × stride pixels, and the windows that cover it";
  const uniforms = { cells_h: u32(rows), cells_w: u32(columns) };
  return unpool(p, x, y, { about, threads: x[0] * x[1] * rows * columns, uniforms, code });
}

/** WGSL that does `visit` for each of the windows that may cover the cell `cy`, `cx`: `dy`, `dx` cells before it. */
const eachWindow = (p: Unpooling, visit: string): string => `  for (var dy = 0u; dy < COVER_H; dy++) {
    for (var dx = 0u; dx < COVER_W; dx++) {
      let oy = cy - dy; // before the first: wraps to large numbers
      let ox = cx - dx;
      let exists = oy < u.oh && ox < u.ow;
      let at = select(0u, (plane * u.oh + oy) * u.ow + ox, exists);
${p.load}
${visit}
    }
  }`;

interface UnpoolBody {
  readonly about: string;
  readonly threads: number;
  /** Beside the images' sizes. */
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  /** What thread `i` does. */
  readonly code: string;
}

function unpool(p: Unpooling, x: Shape, y: Shape, { about, threads, uniforms, code }: UnpoolBody): Dispatch {
  const { kernel: size, stride } = p.window;
  const cover = [0, 1].map((d) => Math.ceil(size[d] / stride[d])); // windows that cover a pixel at most
  const sizes = { h: u32(x[2]), w: u32(x[3]), oh: u32(y[2]), ow: u32(y[3]) };
  return kernel({
    label: p.label,
    about,
    uniforms: { threads: u32(threads), ...uniforms, ...sizes, ...p.uniforms },
    bindings: p.bindings,
    code: `${windowConstants(p.window)}
const COVER_H = ${cover[0]}u; const COVER_W = ${cover[1]}u;
${p.functions ?? ""}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.threads) { return; }
${code}
}`,
    groups: Math.ceil(threads / WORKGROUP),
  });
}
