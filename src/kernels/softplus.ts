// softplus: ln(1 + e^βx) / β, a smooth relu.
import { checkNumber } from "../tensor/arguments.js";
import { ConfigError } from "../tensor/errors.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";
import { f32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise ln(1 + e^βx) / β, with β = 1 unless given. Throws ConfigError unless β is positive, DTypeError. */
    softplus(beta?: number): Tensor;
  }
}

export const softplus = elementwise({
  name: "softplus",
  doc: "ln(1 + e^βx) / β",
  params(_, beta: number = 1) {
    if (!(Math.fround(checkNumber("softplus", "beta", beta)) > 0 && Math.fround(beta) < 1 / 0))
      throw new ConfigError(`softplus: beta is ${beta}`, "pass a positive number that f32 can hold");
    return { beta };
  },
  // ln(1 + eᵗ) = max(t, 0) + ln(1 + e^−|t|), which does not overflow
  wgsl: "max32(x, 0.0) + log1p32(exp32(-abs(x * u.beta))) / u.beta",
  functions: `fn log1p32(e: f32) -> f32 { // for 0 ≤ e ≤ 1, as 2 artanh(e / (2 + e)): of 1 + e a small e would be lost
  let r = 2.0 * e / (2.0 + e);
  let z = 0.25 * r * r;
  return r * (1.0 + z * (1.0 / 3.0 + z * (0.2 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z / 13.0))))));
}`,
  uniforms: ({ beta }) => ({ beta: f32(beta) }),
  value: ([x], { beta }) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(beta * x))) / beta,
  saves: ["x"],
  vjp: (g, { x }, { params: { beta } }) => [g.mul(x.mul(beta).sigmoid())], // σ(βx)
  // 3 for exp32, 2.5 for each of two divisions, 1 for the polynomial; rounding βx, to −104, counts βx-fold
  tolerance: (_, { beta }) => ({ ulp: beta === 1 ? 9 : 9 + 104, abs: 0 }),
  samples: [
    of([2, 65]),
    { ...of([2, 3]), args: [2.5] },
    of({ shape: [300], range: [-80, 30] }),
    of(EDGES),
    { ...of(EDGES), args: [2.5] },
  ],
  errors: [
    { ...of([2]), args: [0], throws: "ConfigError" },
    { ...of([2]), args: [1 / 0], throws: "ConfigError" },
    { ...of([2]), args: [1e39], throws: "ConfigError" },
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
  ],
});
