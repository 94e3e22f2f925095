// randomNormal: random numbers of a key, standard normal.
import { ulp } from "../tensor/op.js";
import { randomNormal as hostNumbers } from "../tensor/rng.js";
import type { Shape } from "../tensor/shape.js";
import { randomOp } from "./lib/elementwise/random.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `shape` filled with standard normals: the host's `randomNormal` within 2·10⁻⁶. `this` is the key, u32[2]: data,
     * so a captured step can change it. Throws ShapeError, DTypeError.
     */
    randomNormal(shape: Shape): Tensor;
  }
}

/** As in tensor/rng.ts, with a log and a sine that are the same on every driver. */
const BOX_MULLER = `
fn boxMuller(key: vec2u, i: u32) -> f32 {
  let block = threefry2x32(key, vec2u(i >> 1u, 0u)) >> vec2u(8u);
  let radius = sqrt(max(0.0, -2.0 * log32(f32(block.x + 1u) * 0x1p-24f)));
  let angle = 6.28318531 * (f32(block.y) * 0x1p-24f - 0.5);
  return radius * sin32(angle, select(1, 0, (i & 1u) == 1u)); // even elements take the cosine
}`;

export const randomNormal = randomOp({
  name: "randomNormal",
  doc: "random numbers of a key, standard normal",
  wgsl: "boxMuller(key, i)",
  functions: BOX_MULLER,
  numbers: hostNumbers,
  tolerance: ulp(0, 2e-6), // half an ULP of an angle of up to π, times a radius of up to 5.8
});
