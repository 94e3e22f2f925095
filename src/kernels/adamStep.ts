// adamStep: Adam and AdamW, for one parameter (Kingma & Ba 2015; Loshchilov & Hutter 2019).
import { checkFlag, checkNumber } from "../tensor/arguments.js";
import { type SampleTensor, ulp } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { of } from "./lib/declare/sample.js";
import { update } from "./lib/optim/update.js";
import { f32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * PyTorch's Adam step of the parameter `this`: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← p − lr m̂ / (√v̂ + ε) with
     * m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ) and t the scalar `step`, 1 in the first. Gives `[p, m, v]`; where the bool scalar
     * `ok` is false, the old ones. Throws ShapeError, DTypeError.
     * @internal
     */
    adamStep(
      g: Tensor,
      m: Tensor,
      v: Tensor,
      lr: Tensor | number,
      step: Tensor | number,
      ok: Tensor,
      options?: AdamStepOptions,
    ): [p: Tensor, m: Tensor, v: Tensor];
  }
}

/** What Adam's step takes beside tensors. */
export interface AdamStepOptions {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** ε; default 1e-8. */
  eps?: number;
  /** Adam adds λ p to g; with `decoupled` (AdamW) p shrinks by lr λ p instead. Default 0. */
  weightDecay?: number;
  decoupled?: boolean;
}

const ON: SampleTensor = { shape: [], dtype: "bool", values: [1] };

export const adamStep = update({
  name: "adamStep",
  doc: "a parameter and its moments after a step of Adam or AdamW",
  states: ["m", "v"],
  scalars: ["lr", "step"],
  options: ["beta1", "beta2", "eps", "weightDecay", "decoupled"],
  params(_, options?: AdamStepOptions) {
    const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0, decoupled = false } = given("adamStep", options);
    return {
      beta1: checkNumber("adamStep", "beta1", beta1),
      beta2: checkNumber("adamStep", "beta2", beta2),
      eps: checkNumber("adamStep", "eps", eps, 0),
      weightDecay: checkNumber("adamStep", "weightDecay", weightDecay),
      decoupled: checkFlag("adamStep", "decoupled", decoupled),
    };
  },
  wgsl: ({ decoupled }) => `  ${decoupled ? "let slope = g;\n  p -= lr * u.decay * p;" : "let slope = g + u.decay * p;"}
  m = u.beta1 * m + u.rest1 * slope;
  v = u.beta2 * v + u.rest2 * slope * slope;
  let m_hat = m / less_than_one(step * u.log_beta1);
  let v_hat = v / less_than_one(step * u.log_beta2);
  p -= lr * m_hat / (sqrt(v_hat) + u.eps);`,
  // 1 − β^t = −(e^z − 1) with z = t ln β: by its series near 0, where 1 − e^z would cancel
  functions: `fn less_than_one(z: f32) -> f32 {
  let series = -z * (1.0 + z * (0.5 + z * (0.166666667 + z * (0.0416666667 + z * 0.00833333333))));
  return select(1.0 - exp32(z), series, z > -0.1);
}`,
  uniforms: ({ beta1, beta2, eps, weightDecay }) => ({
    beta1: f32(beta1),
    beta2: f32(beta2),
    rest1: f32(1 - beta1),
    rest2: f32(1 - beta2),
    log_beta1: f32(Math.log(beta1)),
    log_beta2: f32(Math.log(beta2)),
    eps: f32(eps),
    decay: f32(weightDecay),
  }),
  value({ p, g, m, v, lr, step }, { beta1, beta2, eps, weightDecay, decoupled }) {
    const slope = decoupled ? g : g + weightDecay * p;
    const start = decoupled ? p - lr * weightDecay * p : p;
    const first = beta1 * m + (1 - beta1) * slope;
    const second = beta2 * v + (1 - beta2) * slope ** 2;
    const mHat = first / (1 - beta1 ** step);
    const vHat = second / (1 - beta2 ** step);
    return [start - (lr * mHat) / (Math.sqrt(vHat) + eps), first, second];
  },
  flops: 20,
  tolerance: ulp(4, 2 ** -21),
  samples: [
    of(
      [3, 5],
      [3, 5],
      { shape: [3, 5], range: [0, 0] },
      { shape: [3, 5], range: [0, 0] },
      { shape: [], range: [0, 0.1] },
      { shape: [], values: [1] },
      ON,
    ),
    {
      ...of(
        [64],
        [64],
        [64],
        { shape: [64], range: [0, 2] },
        { shape: [], range: [0, 0.1] },
        { shape: [], values: [50] },
        ON,
      ),
      args: [{ weightDecay: 0.1 }],
    },
    {
      ...of(
        [64],
        [64],
        [64],
        { shape: [64], range: [0, 2] },
        { shape: [], range: [0, 0.1] },
        { shape: [], values: [3000] },
        ON,
      ),
      args: [{ weightDecay: 0.1, decoupled: true, beta2: 0.99 }],
    },
    of(
      [2],
      { shape: [2], values: [Number.NaN, 1] },
      [2],
      [2],
      [],
      { shape: [], values: [0] },
      { shape: [], dtype: "bool", values: [0] },
    ),
    {
      ...of(
        [64],
        [64],
        [64],
        { shape: [64], range: [0, 2] },
        { shape: [], range: [0, 0.1] },
        { shape: [], values: [50] },
        ON,
      ),
      args: [{ beta1: 0.8, eps: 1e-3 }],
    },
  ],
  errors: [
    { ...of([3], [3], [3], [4], [], [], ON), throws: "ShapeError" },
    { ...of([3], [3], [3], [3], [], [], []), throws: "DTypeError" },
  ],
});
