// Depthwise convolution, a kernel for each channel: no product of matrices, and bound by reading pixels.
import type { Operand, Plan } from "../../../tensor/op.js";
import type { Pair, Window } from "../pool/window.js";
import { kernel, offset, output, read, u32, write } from "../text/kernel.js";
import { lines } from "./tile.js";

export interface Depthwise extends Window {
  readonly label: string;
  readonly source: Operand;
  readonly weight: Operand;
  readonly bias: Operand | null;
  readonly batch: number;
  readonly channels: number;
  readonly size: Pair;
  readonly outSize: Pair;
  /** Whether the kernel is turned by half a turn, as in the gradient. */
  readonly flipped: boolean;
}

/** Pixels that a thread may keep: WGSL grants it 8 KiB, registers hold less, and every one is a piece of text. */
const MOST_PIXELS = 256;

/** Larger kernels, and rows of four that lie further apart, do not fit into registers; dilated ones do not slide row by row. */
export function slides({ kernel, stride, dilation }: Window): boolean {
  const pixels = kernel[0] * rowOf(kernel[1], stride[1]);
  return kernel[0] * kernel[1] <= 49 && pixels <= MOST_PIXELS && dilation[0] === 1 && dilation[1] === 1;
}

/** Pixels of a row that four neighbouring windows need. */
const rowOf = (kernel: number, stride: number): number => 3 * stride + kernel;

const WORKGROUP = 32;
/** Results of a thread: more amortise the rows that it reads before the first, fewer make more threads. */
const SPAN = 32;

/**
 * A thread computes four columns of one channel, downwards: it keeps the window of all four in registers, and reads only
 * the rows that come in at the bottom.
 */
export function depthwise(d: Depthwise): Plan {
  const [kh, kw] = d.kernel;
  const [sh, sw] = d.stride;
  const fours = Math.ceil(d.outSize[1] / 4);
  const segments = Math.ceil(d.outSize[0] / SPAN);
  const threads = d.batch * d.channels * fours * segments;
  const fresh = Math.min(sh, kh); // rows that come in for each row of results
  const warmUp = Math.ceil((kh - fresh) / fresh); // steps that only fill the window
  const width = rowOf(kw, sw);
  const tap = (ky: number, kx: number) => (d.flipped ? kh * kw - 1 - ky * kw - kx : ky * kw + kx);
  const pixels = (ky: number, kx: number) => `vec4f(${lines(4, (j) => `r${ky}[${j * sw + kx}]`, ", ")})`;
  const code = `/// columns from \`left\` of a row of the plane, zero in the padding; a row above or left of it wraps to large numbers
fn pixels(plane: u32, row: u32, left: u32) -> array<f32, ${width}> {
  return array(${lines(width, (i) => `pixel(plane, row, left + ${i}u)`, ", ")});
}
fn pixel(plane: u32, row: u32, col: u32) -> f32 {
  let inside = row < u.h && col < u.w;
  return select(0.0, x[select(0u, (plane * u.h + row) * u.w + col, inside)], inside);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.threads) { return; }
  let col = i % u.fours * 4u;
  let start = i / u.fours % u.segments * ${SPAN}u;
  let plane = i / (u.fours * u.segments);
  let channel = plane % u.channels;
  var w: array<f32, ${kh * kw}>;
  for (var t = 0u; t < ${kh * kw}u; t++) { w[t] = weight[channel * ${kh * kw}u + t]; }
  let left = col * ${sw}u - u.padding_w;
${lines(kh, (ky) => `  var r${ky}: array<f32, ${width}>;`)}
  for (var oy = i32(start) - ${warmUp}; oy < i32(min(start + ${SPAN}u, u.oh)); oy++) {
${lines(kh - fresh, (ky) => `    r${ky} = r${ky + fresh};`)}
    let row = u32(oy) * ${sh}u - u.padding_h + ${kh - fresh}u;
${lines(fresh, (i) => `    r${kh - fresh + i} = pixels(plane, row + ${i}u, left);`)}
    if (oy < i32(start)) { continue; } // the window is not full yet
    var sum = vec4f(${d.bias ? "bias[channel]" : ""});
${lines(kh, (ky) => lines(kw, (kx) => `    sum += w[${tap(ky, kx)}] * ${pixels(ky, kx)};`))}
    let at = (plane * u.oh + u32(oy)) * u.ow + col;
    for (var j = 0u; j < min(4u, u.ow - col); j++) { y[at + j] = sum[j]; }
  }
}`;
  const launch = kernel({
    label: `${d.label}/depthwise`,
    about: "a thread slides down four columns of a channel, keeping the window in registers",
    uniforms: {
      threads: u32(threads),
      fours: u32(fours),
      segments: u32(segments),
      channels: u32(d.channels),
      h: u32(d.size[0]),
      w: u32(d.size[1]),
      oh: u32(d.outSize[0]),
      ow: u32(d.outSize[1]),
      padding_h: offset(d.padding[0]), // negative where a gradient is cut
      padding_w: offset(d.padding[1]),
    },
    bindings: {
      x: read("f32", d.source),
      weight: read("f32", d.weight),
      ...(d.bias && { bias: read("f32", d.bias) }),
      y: write("f32", output(0)),
    },
    code,
    groups: Math.ceil(threads / WORKGROUP),
  });
  return { dispatches: [launch] };
}
