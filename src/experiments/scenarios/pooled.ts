// One stream in which all corruptions are pooled: mixed, class-ordered, batch size 1.
import { Stream, type StreamOptions } from "../../data/streams/stream.js";
import { type ScenarioMaker, streamOptions } from "./scenario.js";

/** A single phase, "stream". */
export function pooled(defaults: Partial<StreamOptions>): ScenarioMaker {
  return async (options) => ({
    phases: [{ name: "stream", stream: new Stream(streamOptions(options, defaults)), adapt: true }],
    headline: "stream",
    reset: options.reset ?? "never",
  });
}
