// siluBackward: the gradient of silu: seven dispatches in one.
import { ulp } from "../tensor/op.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `this` (the gradient of silu's result) times d(x σ(x))/dx. Throws ShapeError, DTypeError.
     * @internal
     */
    siluBackward(x: Tensor): Tensor;
  }
}

export const siluBackward = elementwise({
  name: "siluBackward",
  doc: "gradient of silu: g (σ + x σ (1 − σ))",
  inputs: ["g", "x"],
  wgsl: "g * silu_slope(x)",
  functions: `fn silu_slope(x: f32) -> f32 {
  let e = exp32(-abs(x)); // σ (1 − σ) = e / (1 + e)²
  let r = 1.0 / (1.0 + e);
  return select(r, e * r, x < 0.0) + x * (e * r * r);
}`,
  value([g, x]) {
    const s = 1 / (1 + Math.exp(-x));
    return g * (s + x * s * (1 - s));
  },
  saves: ["g", "x"],
  // with w = σ (1 − σ): linear in g; ∂/∂x = g w (2 + x (1 − 2σ))
  vjp(h, { g, x }, { needs }) {
    const s = x.sigmoid();
    const w = s.mul(s.neg().add(1));
    return [needs.g ? h.siluBackward(x) : null, needs.x ? h.mul(g).mul(w.mul(x.mul(s.mul(-2).add(1)).add(2))) : null];
  },
  tolerance: ulp(8, 2 ** -23), // the slope is 0 at -1.278
  domain: { g: [-4, 4] }, // the absolute part is for gradients of order 1
  samples: [of([2, 65], [2, 65]), of([300], { shape: [300], range: [-20, 20] })],
  errors: [{ ...of([2], [3]), throws: "ShapeError" }],
});
