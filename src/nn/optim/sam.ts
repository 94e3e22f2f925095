// SAM, sharpness-aware minimisation (Foret et al., ICLR 2021): the loss at the worst weights nearby.
import { callNow } from "../../tensor/callNow.js";
import { checkTensors } from "../../tensor/checkTensor.js";
import { ConfigError, grad, noGrad, scope, type Tensor } from "../../tensor/index.js";
import type { Parameter } from "../parameter.js";
import { whole } from "../whole.js";
import { checkRates } from "./optimizer.js";

/**
 * Climbs from p to p + ρ g/‖g‖, g the gradient of `loss` (eq. 2), calls `again` there, and puts the parameters back:
 * `backward` of a loss made by `again` leaves the gradient at the worst weights, to be applied at p (eq. 3).
 * `norm` is ‖g‖ over all parameters, a scalar; where it is 0 nothing moves. Throws GradError when `loss` has no graph,
 * ConfigError if `again` is async; then nothing has changed.
 */
export function sharpen<T>(
  parameters: Iterable<Parameter>,
  rho: number,
  loss: Tensor,
  again: () => T,
): { worst: T; norm: Tensor } {
  const iterable = typeof Object(parameters)[Symbol.iterator] === "function";
  const moving = checkTensors("sharpen", "parameters", iterable ? [...parameters] : []);
  if (moving.length === 0) throw new ConfigError("sharpen: there are no parameters", "pass model.parameters()");
  checkRates("sharpen", { rho });
  return whole((own) => {
    const { norm, places } = scope(() => climb(moving, rho, loss));
    own(norm);
    const start = moving.map((parameter) => parameter.detach());
    try {
      for (const [i, parameter] of moving.entries()) parameter.assign(places[i]);
      return { worst: callNow("sharpen", again), norm };
    } finally {
      for (const [i, parameter] of moving.entries()) parameter.assign(start[i]);
      for (const left of [...start, ...places]) left.dispose();
    }
  });
}

/** ‖g‖, and where each parameter goes. */
function climb(moving: readonly Tensor[], rho: number, loss: Tensor): { norm: Tensor; places: Tensor[] } {
  const gradients = grad(loss, moving);
  return noGrad(() => {
    const norm = gradients
      .map((g) => g.square().sum())
      .reduce((a, b) => a.add(b))
      .sqrt();
    const step = norm.add(1e-12).reciprocal().mul(rho);
    return { norm, places: moving.map((parameter, i) => parameter.add(gradients[i].mul(step))) };
  });
}
