// geluBackward: the gradient of gelu in one kernel instead of a dozen.
import { ulp } from "../tensor/op.js";
import type { Tensor } from "../tensor/tensor.js";
import { drawOne, isFloat } from "./lib/declare/draw.js";
import { normalCdf64, normalPdf64 } from "./lib/declare/reference.js";
import { of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";
import { type Approximate, geluParams, tanhArgument } from "./lib/elementwise/gelu.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * `this` (the gradient of gelu's result) times d gelu(x)/dx. Throws ShapeError, DTypeError, ConfigError.
     * @internal
     */
    geluBackward(x: Tensor, approximate: "none" | "tanh"): Tensor;
  }
}

// d(x Φ)/dx = Φ + x φ. With s = σ(2u): d(x s)/dx = s + x s (1 − s) 2u′, where s (1 − s) = e / (1 + e)², e = exp(−|2u|).
const SLOPES = `
fn slope_none(x: f32) -> f32 {
  let density = 0.398942280 * exp32(-0.5 * x * x);
  let tail = 1.253314137 * density * erfcx32(abs(x) * 0.707106781);
  return select(1.0 - tail, tail, x < 0.0) + x * density;
}
fn slope_tanh(x: f32) -> f32 {
  let v = 1.595769122 * (x + 0.044715 * (x * x * x));
  let e = exp32(-abs(v));
  let r = 1.0 / (1.0 + e);
  return select(r, e * r, v < 0.0) + x * (e * r * r) * (1.595769122 * (1.0 + 0.134145 * min(x * x, 1e4)));
}`;

export const geluBackward = elementwise({
  name: "geluBackward",
  doc: "gradient of gelu",
  inputs: ["g", "x"],
  params: (_, approximate: Approximate) => geluParams("geluBackward", approximate),
  wgsl: (_, { approximate }) => `g * slope_${approximate}(x)`,
  functions: SLOPES,
  value: ([g, x], { approximate }) => g * (approximate === "none" ? slope(x) : slopeTanh(x)),
  saves: ["g", "x"],
  vjp: (h, { g, x }, { params: { approximate }, needs }) => [
    needs.g ? h.geluBackward(x, approximate) : null, // linear in g
    needs.x ? h.mul(g).mul(approximate === "none" ? bend(x) : bendTanh(x)) : null,
  ],
  tolerance: ulp(8, 2 ** -21), // the slope is 0 at -0.75, and small terms cancel below; of gradients up to 4
  domain: { g: [-4, 4] }, // the absolute part is for gradients of order 1
  draw: (g, choose) => (isFloat(g) ? { inputs: [g, g.shape], args: [drawOne(["none", "tanh"], choose)] } : null),
  samples: (["none", "tanh"] as const).flatMap((approximate) => [
    { ...of([2, 65], [2, 65]), args: [approximate] },
    { ...of([512], { shape: [512], range: [-5, 5] }), args: [approximate] },
  ]),
  errors: [{ ...of([2], [3]), args: ["none"], throws: "ShapeError" }],
});

/** d²(x Φ)/dx² = φ (2 − x²). */
function bend(x: Tensor): Tensor {
  const square = x.square();
  return square
    .mul(-0.5)
    .exp()
    .mul(1 / Math.sqrt(2 * Math.PI))
    .mul(square.neg().add(2));
}

/** With v = 2u and w = s (1 − s): d²(x s)/dx² = w (2v′ + x ((1 − 2s) v′² + v″)). */
function bendTanh(x: Tensor): Tensor {
  const c = 2 * Math.sqrt(2 / Math.PI);
  const square = x.square();
  const v = x.mul(square.mul(0.044715).add(1)).mul(c);
  const s = v.sigmoid();
  const first = square
    .mul(3 * 0.044715)
    .add(1)
    .mul(c);
  const second = x.mul(6 * 0.044715 * c);
  const w = s.mul(v.neg().sigmoid()); // 1 − s would cancel
  return w.mul(first.mul(2).add(x.mul(s.mul(-2).add(1).mul(first.square()).add(second))));
}

function slope(x: number): number {
  return normalCdf64(x) + x * normalPdf64(x);
}

function slopeTanh(x: number): number {
  const s = 1 / (1 + Math.exp(-2 * tanhArgument(x)));
  return s + x * s * (1 - s) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
}
