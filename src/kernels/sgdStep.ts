// sgdStep: stochastic gradient descent with momentum, for one parameter.
import { checkFlag, checkNumber } from "../tensor/arguments.js";
import { type SampleTensor, ulp } from "../tensor/op.js";
import { given } from "../tensor/options.js";
import { of } from "./lib/declare/sample.js";
import { update } from "./lib/optim/update.js";
import { f32 } from "./lib/text/kernel.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * PyTorch's SGD step of the parameter `this`: g ← g + λ p, v ← μ v + g, p ← p − lr v (Nesterov: p − lr (g + μ v)), v
     * starting at 0. Gives `[p, v]`; where the bool scalar `ok` is false, the old ones. `lr` is a scalar. Throws ShapeError, DTypeError.
     * @internal
     */
    sgdStep(g: Tensor, v: Tensor, lr: Tensor | number, ok: Tensor, options?: SgdOptions): [p: Tensor, v: Tensor];
  }
}

/** What SGD's step takes beside tensors. */
export interface SgdOptions {
  /** μ; default 0. */
  momentum?: number;
  nesterov?: boolean;
  /** λ; default 0. */
  weightDecay?: number;
}

const ON: SampleTensor = { shape: [], dtype: "bool", values: [1] };

export const sgdStep = update({
  name: "sgdStep",
  doc: "a parameter and its velocity after a step of SGD with momentum",
  states: ["v"],
  scalars: ["lr"],
  options: ["momentum", "nesterov", "weightDecay"],
  params(_, options?: SgdOptions) {
    const { momentum = 0, nesterov = false, weightDecay = 0 } = given("sgdStep", options);
    return {
      momentum: checkNumber("sgdStep", "momentum", momentum),
      nesterov: checkFlag("sgdStep", "nesterov", nesterov),
      weightDecay: checkNumber("sgdStep", "weightDecay", weightDecay),
    };
  },
  wgsl: ({ nesterov }) => `  let slope = g + u.decay * p;
  v = u.momentum * v + slope;
  p -= lr * ${nesterov ? "(slope + u.momentum * v)" : "v"};`,
  uniforms: ({ momentum, weightDecay }) => ({ momentum: f32(momentum), decay: f32(weightDecay) }),
  value({ p, g, v, lr }, { momentum, nesterov, weightDecay }) {
    const slope = g + weightDecay * p;
    const next = momentum * v + slope;
    return [p - lr * (nesterov ? slope + momentum * next : next), next];
  },
  flops: 6,
  tolerance: ulp(2, 1e-6), // four roundings of values of a few units
  samples: [
    { ...of([3, 5], [3, 5], [3, 5], { shape: [], range: [0, 1] }, ON), args: [{ momentum: 0.9 }] },
    {
      ...of([64], [64], [64], { shape: [], range: [0, 1] }, ON),
      args: [{ momentum: 0.9, nesterov: true, weightDecay: 0.1 }],
    },
    of([4], [4], [4], { shape: [], range: [0, 1] }, ON),
    of([2], { shape: [2], values: [1 / 0, Number.NaN] }, [2], [], { shape: [], dtype: "bool", values: [0] }),
  ],
  errors: [
    { ...of([4], [3], [3], [], ON), throws: "ShapeError" },
    { ...of([3], [4], [3], [], ON), throws: "ShapeError" },
    { ...of([3], [3], [3], [1], ON), throws: "ShapeError" },
    { ...of([3], [3], [3], [], []), throws: "DTypeError" },
  ],
});
