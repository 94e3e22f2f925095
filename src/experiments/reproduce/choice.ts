// Rates chosen on the validation part, and what they make the test part run.
import { CheckpointError } from "../../tensor/index.js";
import { meanWithInterval } from "../metrics/index.js";
import { type Cell, type CellSetting, headline } from "../sweep/cell.js";
import { distinct, keyOf } from "../sweep/grid.js";
import { BASE_RATES, eachSeed, JUDGED, LEARNERS, publishedBase, type Scale, STREAMS, settingOf } from "./protocol.js";

/**
 * How the rate of a method came about: as published; one base rate for all streams, of the best mean accuracy over the
 * judged ones; or for each stream the best, an advantage that no deployment has. Equal rates: the lower.
 */
export const TUNINGS = ["published", "one", "each"] as const;
export type Tuning = (typeof TUNINGS)[number];

const ONE = "judged streams";

/** The base rate of a method on a stream; null for the source. */
export type Choice = (tuning: Tuning, method: string, stream: string) => number | null;

/** Chooses from the validation cells. Throws CheckpointError when one is missing. */
export function chooseRates(cells: readonly Cell[], { seeds, limit }: Scale): Choice {
  const accuracies = new Map(cells.map((cell) => [keyOf(cell.setting), headline(cell).accuracy]));
  const accuracyOf = (setting: CellSetting): number => {
    const accuracy = accuracies.get(keyOf(setting));
    if (typeof accuracy === "number") return accuracy;
    throw new CheckpointError(`no cell of ${JSON.stringify(setting)}`, "run `reproduce` again: it computes it");
  };
  const score = (method: string, base: number, stream: string): number => {
    const settings = eachSeed(seeds, (seed) => settingOf(method, base, { stream, part: "validation", seed }, limit));
    return meanWithInterval(settings.map(accuracyOf)).mean;
  };
  const best = (method: string, streams: readonly string[]): number => {
    const sums = BASE_RATES.map((base) => streams.reduce((sum, stream) => sum + score(method, base, stream), 0));
    return BASE_RATES[sums.indexOf(Math.max(...sums))];
  };
  const chosen = new Map<string, Record<string, number>>(
    LEARNERS.map((method) => {
      const each = Object.keys(STREAMS).map((stream) => [stream, best(method, [stream])]);
      return [method, { ...Object.fromEntries(each), [ONE]: best(method, JUDGED) }];
    }),
  );
  return (tuning, method, stream) => {
    if (tuning === "published" && chosen.has(method)) return publishedBase(method);
    return chosen.get(method)?.[tuning === "one" ? ONE : stream] ?? null;
  };
}

/** The settings of one tuning on the test part: every method on every stream. */
export function chosenSettings(tuning: Tuning, choice: Choice, { seeds, limit }: Scale): CellSetting[] {
  return Object.keys(STREAMS).flatMap((stream) =>
    ["source", ...LEARNERS].flatMap((method) =>
      eachSeed(seeds, (seed) =>
        settingOf(method, choice(tuning, method, stream), { stream, part: "test", seed }, limit),
      ),
    ),
  );
}

/** All of the test part; what two tunings share is there once. */
export function testSettings(choice: Choice, scale: Scale): CellSetting[] {
  return distinct(TUNINGS.flatMap((tuning) => chosenSettings(tuning, choice, scale)));
}
