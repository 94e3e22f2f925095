// One corruption after another: with a reset before each (as the published tables are made), or without (continual).
import { Stream, type StreamOptions } from "../../data/streams/stream.js";
import { type ResetPolicy, type ScenarioMaker, streamOptions } from "./scenario.js";

/** A phase for each corruption, all of the name "stream": no batch straddles two corruptions. */
export function sequence(defaults: Partial<StreamOptions>, reset: ResetPolicy): ScenarioMaker {
  return async (options) => {
    const { corruptions = [], ...rest } = streamOptions(options, defaults);
    const each = corruptions.length > 0 ? corruptions.map((name) => [name]) : [[]];
    const phases = each.map((names) => ({
      ...{ name: "stream", adapt: true },
      stream: new Stream({ ...rest, corruptions: names }),
    }));
    return { phases, headline: "stream", reset: options.reset ?? reset };
  };
}
