// gelu: x Φ(x), the Gaussian error linear unit (Hendrycks & Gimpel, arXiv:1606.08415), exact or by tanh.
import { drawOne, isFloat } from "./lib/declare/draw.js";
import { normalCdf64 } from "./lib/declare/reference.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";
import { type Approximate, geluParams, tanhArgument } from "./lib/elementwise/gelu.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** Elementwise x Φ(x); with "tanh" ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). Throws DTypeError, ConfigError. */
    gelu(approximate?: "none" | "tanh"): Tensor;
  }
}

export const gelu = elementwise({
  name: "gelu",
  doc: "x Φ(x), exact or with tanh",
  params: (_, approximate: Approximate = "none") => geluParams("gelu", approximate),
  // ½ (1 + tanh u) = σ(2u), which does not cancel where u is far below 0
  wgsl: (_, { approximate }) =>
    approximate === "none" ? "x * normalCdf32(x)" : "x * sigmoid32(1.595769122 * (x + 0.044715 * (x * x * x)))",
  value: ([x], { approximate }) =>
    x * (approximate === "none" ? normalCdf64(x) : 1 / (1 + Math.exp(-2 * tanhArgument(x)))),
  saves: ["x"],
  vjp: (g, { x }, { params }) => [g.geluBackward(x, params.approximate)],
  // where Φ is subnormal a driver may take it for 0; with tanh three roundings of 2u, at least −88, count 2u-fold
  tolerance: (_, { approximate }) => ({ ulp: approximate === "none" ? 10 : 280, abs: 2 ** -122 }),
  draw: (x, choose) => (isFloat(x) ? { inputs: [x], args: [drawOne(["none", "tanh"], choose)] } : null),
  samples: (["none", "tanh"] as const).flatMap((approximate) => [
    { ...of([2, 65]), args: [approximate] },
    { ...of({ shape: [512], range: [-5, 5] }), args: [approximate] },
    { ...of(EDGES), args: [approximate] },
  ]),
  errors: [
    { ...of({ shape: [2], dtype: "i32" }), throws: "DTypeError" },
    { ...of([2]), args: ["erf"], throws: "ConfigError" },
  ],
});
