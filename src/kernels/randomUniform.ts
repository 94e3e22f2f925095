// randomUniform: random numbers of a key, uniform in [0, 1).
import { exact } from "../tensor/op.js";
import { randomUniform as hostNumbers } from "../tensor/rng.js";
import type { Shape } from "../tensor/shape.js";
import { randomOp } from "./lib/elementwise/random.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `shape` filled with uniforms in [0, 1), the same bits as the host's `randomUniform`. `this` is the key, u32[2]:
     * data, so a captured step can change it. Throws ShapeError, DTypeError.
     */
    randomUniform(shape: Shape): Tensor;
  }
}

export const randomUniform = randomOp({
  name: "randomUniform",
  doc: "random numbers of a key, uniform in [0, 1)",
  wgsl: "randomUniform(key, i)",
  numbers: hostNumbers,
  tolerance: exact,
});
