// Noise first: what is left of a model that has learnt from pure noise, in which there is nothing to learn.
import { noiseImages } from "../../data/noise.js";
import { Stream } from "../../data/streams/stream.js";
import { alwaysShuffled, neverReset, type Scenario, type ScenarioOptions, streamOptions } from "./scenario.js";

/**
 * Adapts on as many images of Gaussian noise as the stream has, of its size and normalisation, then answers the whole
 * shuffled stream, frozen: the headline, "all". Throws ConfigError for another order.
 */
export async function noiseFirst(options: ScenarioOptions): Promise<Scenario> {
  const { seed = 0, batchSize = 64, normalization } = options;
  const order = alwaysShuffled(options, "noise-first");
  const all = new Stream({ ...streamOptions(options, {}), order, batchSize: 64 });
  const noise = new Stream({
    set: noiseImages(options.set, all.length, seed),
    batchSize,
    ...(normalization ? { normalization } : {}),
  });
  return {
    phases: [
      { name: "noise", stream: noise, adapt: true },
      { name: "all", stream: all, adapt: false },
    ],
    headline: "all",
    reset: neverReset(options, "noise-first"),
  };
}
