// What the corruptions share: the 28 × 28 grid, rounding to bytes, sampling between pixels, and Gaussian blur.
import { exactExp } from "./exactMath.js";

/** Width and height of a digit. */
export const SIZE = 28;
export const PIXELS = SIZE * SIZE;
/** The middle of the grid, in pixels. */
export const CENTRE = (SIZE - 1) / 2;

/** Nearest bytes, clamped to [0, 255]. */
export function toBytes(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(values, (v) => Math.min(255, Math.max(0, Math.floor(v + 0.5))));
}

/** Applies `f` to each pixel (value, x, y) and rounds to bytes. */
export function mapPixels(image: Uint8Array, f: (value: number, x: number, y: number) => number): Uint8Array {
  const out = new Float64Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) out[i] = f(image[i], i % SIZE, Math.floor(i / SIZE));
  return toBytes(out);
}

/** Value at (x, y), bilinear between pixels and 0 outside. */
export function sample(image: ArrayLike<number>, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fx = x - left;
  const fy = y - top;
  const upper = (1 - fx) * pixel(image, left, top) + fx * pixel(image, left + 1, top);
  const lower = (1 - fx) * pixel(image, left, top + 1) + fx * pixel(image, left + 1, top + 1);
  return (1 - fy) * upper + fy * lower;
}

function pixel(image: ArrayLike<number>, x: number, y: number): number {
  return x >= 0 && x < SIZE && y >= 0 && y < SIZE ? image[y * SIZE + x] : 0;
}

/** Gaussian blur of standard deviation `sigma` pixels; the border is repeated outwards. */
export function blur(plane: ArrayLike<number>, sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const taps = Array.from({ length: 2 * radius + 1 }, (_, i) => {
    const distance = (i - radius) / sigma;
    return exactExp(-(distance * distance) / 2);
  });
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const along = (source: ArrayLike<number>, stepX: number, stepY: number): Float64Array => {
    const out = new Float64Array(PIXELS);
    for (let i = 0; i < PIXELS; i++) {
      for (const [k, tap] of taps.entries()) {
        const x = clamp((i % SIZE) + (k - radius) * stepX);
        const y = clamp(Math.floor(i / SIZE) + (k - radius) * stepY);
        out[i] += (tap / total) * source[y * SIZE + x];
      }
    }
    return out;
  };
  return along(along(plane, 1, 0), 0, 1);
}

function clamp(coordinate: number): number {
  return Math.min(SIZE - 1, Math.max(0, coordinate));
}
