// Return to source: what a model forgets of clean images while it learns from corrupted ones, and whether it comes back.
import { checkCount, Stream } from "../../data/streams/stream.js";
import { neverReset, type Phase, type Scenario, type ScenarioOptions, streamOptions } from "./scenario.js";

/**
 * Adapts on the shuffled corrupted stream ("corrupted"), then on the clean images ("return": the headline, online).
 * Before the first batch and after each of `probes` equal parts the clean images are answered, frozen ("clean 0" to
 * "clean 8"): the curve of forgetting. Throws ConfigError unless `probes` is a positive integer.
 */
export async function returnToSource(options: ScenarioOptions): Promise<Scenario> {
  const { clean = options.set, probes = 8 } = options;
  checkCount("return-to-source: probes", probes);
  const shifted = streamOptions(options, { order: "shuffle", batchSize: 64 });
  const corrupted = new Stream(shifted);
  const cleanStream = new Stream({ ...shifted, set: clean, corruptions: [] });
  const probe = (i: number): Phase => ({ name: `clean ${i}`, stream: cleanStream, adapt: false });
  const parts = sections(corrupted, Math.min(probes, corrupted.batches)).flatMap((positions, i): Phase[] => [
    { name: "corrupted", stream: new Stream({ ...shifted, positions }), adapt: true },
    probe(i + 1),
  ]);
  return {
    phases: [probe(0), ...parts, { name: "return", stream: cleanStream, adapt: true }],
    headline: "return",
    reset: neverReset(options, "return-to-source"),
  };
}

/** The positions of a stream, cut into `count` parts between batches. */
function sections({ batches, batchSize, length }: Stream, count: number): Uint32Array[] {
  const cut = (i: number): number => Math.min(length, Math.floor((i * batches) / count) * batchSize);
  return Array.from({ length: count }, (_, i) =>
    Uint32Array.from({ length: cut(i + 1) - cut(i) }, (_, at) => cut(i) + at),
  );
}
