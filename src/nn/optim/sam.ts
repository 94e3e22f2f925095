// SAM, sharpness-aware minimisation (Foret et al., ICLR 2021): the loss at the worst weights nearby.
import { callNow } from "../../tensor/callNow.js";
import { grad, noGrad, type Tensor } from "../../tensor/index.js";
import type { Parameter } from "../parameter.js";

/**
 * Climbs from p to p + ρ g/‖g‖, g the gradient of `loss` (eq. 2), calls `again` there, and puts the parameters back:
 * `backward` of a loss made by `again` leaves the gradient at the worst weights, to be applied at p (eq. 3).
 * `norm` is ‖g‖ over all parameters, a scalar; where it is 0 nothing moves. Throws GradError when `loss` has no graph,
 * ConfigError if `again` is async.
 */
export function sharpen<T>(
  parameters: Iterable<Parameter>,
  rho: number,
  loss: Tensor,
  again: () => T,
): { worst: T; norm: Tensor } {
  const own = [...parameters];
  const start = own.map((parameter) => parameter.detach());
  const gradients = grad(loss, own);
  const norm = noGrad(() =>
    gradients
      .map((g) => g.square().sum())
      .reduce((a, b) => a.add(b))
      .sqrt(),
  );
  try {
    noGrad(() => {
      const step = norm.add(1e-12).reciprocal().mul(rho);
      for (const [i, parameter] of own.entries()) parameter.assign(parameter.add(gradients[i].mul(step)));
    });
    return { worst: callNow("sharpen", again), norm };
  } finally {
    for (const [i, parameter] of own.entries()) parameter.assign(start[i]);
  }
}
