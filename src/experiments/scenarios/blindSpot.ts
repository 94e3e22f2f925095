// The blind spot: what is left of a model that has learnt, one by one, from the images it gets wrong (arXiv 2509.23183).

import { Stream } from "../../data/streams/stream.js";
import { ConfigError } from "../../tensor/errors.js";
import { Rng } from "../../tensor/rng.js";
import { alwaysShuffled, neverReset, type Scenario, type ScenarioOptions, streamOptions } from "./scenario.js";

/**
 * Adapts at batch size 1 on the samples that the source model gets wrong, as many as the whole stream has, each drawn
 * uniformly with replacement; then answers the whole shuffled stream, frozen: the headline, "all".
 * Throws ConfigError without `misclassified`, when the source model makes no mistake, or for another order.
 */
export async function blindSpot(options: ScenarioOptions): Promise<Scenario> {
  const { misclassified, seed = 0 } = options;
  if (!misclassified) {
    throw new ConfigError("blind-spot: no source model to ask", "give misclassified, which finds its mistakes");
  }
  const whole = { ...streamOptions(options, {}), order: alwaysShuffled(options, "blind-spot"), batchSize: 64 };
  const all = new Stream(whole);
  const wrong = await misclassified(all);
  if (wrong.length === 0) {
    throw new ConfigError(`blind-spot: the source model gets all ${all.length} samples right`, "use a harder stream");
  }
  const rng = new Rng(seed).fork("blind spot");
  const positions = Uint32Array.from({ length: all.length }, () => wrong[rng.int(wrong.length)]);
  const spot = new Stream({ ...whole, batchSize: options.batchSize ?? 1, positions });
  return {
    phases: [
      { name: "blind spot", stream: spot, adapt: true },
      { name: "all", stream: all, adapt: false },
    ],
    headline: "all",
    reset: neverReset(options, "blind-spot"),
  };
}
