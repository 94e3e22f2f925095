// Windows of adaptive pooling: n of them share an image as evenly as they can, and may overlap by a pixel.
import type { Shape } from "../../../tensor/shape.js";
import type { Pair } from "./window.js";

/** WGSL: where window `i` of `n` over `size` pixels starts, and ends. */
export const ADAPTIVE = `fn window_start(i: u32, size: u32, n: u32) -> u32 { return i * size / n; }
fn window_end(i: u32, size: u32, n: u32) -> u32 { return ((i + 1u) * size + n - 1u) / n; }`;

/** Calls `visit` with the places of every pixel and of a window that it is in, and that window's number of pixels. */
export function adaptiveTerms(x: Shape, size: Pair, visit: (x: number, y: number, pixels: number) => void): void {
  const [b, c, h, w] = x;
  const [oh, ow] = size;
  const span = (i: number, of: number, n: number) => [Math.floor((i * of) / n), Math.ceil(((i + 1) * of) / n)];
  for (let y = 0; y < b * c * oh * ow; y++) {
    const plane = Math.floor(y / (oh * ow));
    const [top, bottom] = span(Math.floor(y / ow) % oh, h, oh);
    const [left, right] = span(y % ow, w, ow);
    for (let iy = top; iy < bottom; iy++)
      for (let ix = left; ix < right; ix++) visit((plane * h + iy) * w + ix, y, (bottom - top) * (right - left));
  }
}
