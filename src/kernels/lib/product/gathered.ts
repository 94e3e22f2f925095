// The gradient of a convolution with a large stride, by pixels: few windows reach one, and hardly two by the same taps.
import type { Dispatch } from "../../../tensor/op.js";
import { sizeOf } from "../../../tensor/shape.js";
import { input, kernel, output, read, u32, write } from "../text/kernel.js";
import { type Convolution, convolutionUniforms } from "./convolution.js";

const WORKGROUP = 64;

/** The launch of gx `[batch, channels, h, w]` from gy (input 0) and the weight (input 1). */
export function gathered(label: string, c: Convolution): Dispatch {
  const count = c.batch * c.channels * sizeOf(c.size);
  return kernel({
    label: `${label}/gathered`,
    about: "a thread takes a pixel of x, and the windows with a tap on it, over all filters of its group",
    uniforms: { count: u32(count), ...convolutionUniforms(c) },
    bindings: { gy: read("f32", input(0)), weight: read("f32", input(1)), gx: write("f32", output(0)) },
    code: CODE,
    groups: Math.ceil(count / WORKGROUP),
  });
}

const CODE = `/// the first window whose taps, \`dilation\` apart, reach as far as \`at\`, counted from the first pixel of the padding
fn first_window(at: u32, kernel: u32, dilation: u32, stride: u32) -> u32 {
  let extent = (kernel - 1u) * dilation + 1u;
  return select((at - extent) / stride + 1u, 0u, at < extent);
}

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group_index(wg, groups) * ${WORKGROUP}u + lane;
  if (i >= u.count) { return; }
  let row = i / u.size_w % u.size_h + u.padding_h;
  let col = i % u.size_w + u.padding_w;
  let channel = i / (u.size_w * u.size_h) % u.channels;
  let group = i / (u.size_w * u.size_h * u.channels); // of all images
  var sum = 0.0;
  for (var oy = first_window(row, u.kernel_h, u.dilation_h, u.stride_h); oy < min(u.out_h, row / u.stride_h + 1u); oy++) {
    let down = row - oy * u.stride_h;
    if (down % u.dilation_h != 0u) { continue; }
    for (var ox = first_window(col, u.kernel_w, u.dilation_w, u.stride_w); ox < min(u.out_w, col / u.stride_w + 1u); ox++) {
      let right = col - ox * u.stride_w;
      if (right % u.dilation_w != 0u) { continue; }
      for (var f = 0u; f < u.filters; f++) {
        let tap = (((group % u.groups * u.filters + f) * u.channels + channel) * u.kernel_h + down / u.dilation_h) * u.kernel_w;
        sum += gy[((group * u.filters + f) * u.out_h + oy) * u.out_w + ox] * weight[tap + right / u.dilation_w];
      }
    }
  }
  gx[i] = sum;
}`;
