// The paper's ablations: ZeroSiam with one thing changed at a time, at its published rate and at the one chosen for it.
import type { CellSetting } from "../sweep/cell.js";
import type { Choice, Tuning } from "./choice.js";
import { eachSeed, type Scale, settingOf } from "./protocol.js";

type Change = Readonly<Record<string, string | number>>;

/** What is changed, as the table names it; the first is ZeroSiam as it is. */
export const VARIANTS: readonly (readonly [name: string, change: Change])[] = [
  ["ZeroSiam", {}],
  ...["none", "fixed-random", "random-linear", "two-layer"].map((predictor) => named("predictor", { predictor })),
  ...[0, 0.1, 0.5, 2, 10].map((alpha) => named("α", { alpha })),
  ...["kl", "reverse-kl", "jensen-shannon", "mse"].map((divergence) => named("divergence", { divergence })),
  ...["soft-likelihood-ratio", "pseudo-label", "negative-squares"].map((objective) =>
    named("objective", { objective }),
  ),
];
const ABLATION_STREAMS = ["class-ordered", "batch-1"] as const;
const ABLATION_TUNINGS: readonly Tuning[] = ["published", "one"];
export const ABLATION_SEEDS = 3;

function named(name: string, change: Change): readonly [string, Change] {
  return [`${name}: ${Object.values(change)[0]}`, change];
}

interface Column {
  readonly stream: string;
  readonly base: number | null;
}

/** The columns of the table: what a variant is run on. One rate where validation has chosen the published one. */
export function columnsOf(choice: Choice): Column[] {
  return ABLATION_STREAMS.flatMap((stream) => {
    const bases = new Set(ABLATION_TUNINGS.map((tuning) => choice(tuning, "zerosiam", stream)));
    return [...bases].map((base) => ({ stream, base }));
  });
}

export function settingsOf({ limit }: Scale, change: Change, { stream, base }: Column): CellSetting[] {
  return eachSeed(ABLATION_SEEDS, (seed) => ({
    ...settingOf("zerosiam", base, { stream, part: "test", seed }, limit),
    ...change,
  }));
}

/** All cells of the table; those of ZeroSiam as it is are also the reproduction's. */
export function ablationSettings(choice: Choice, scale: Scale): CellSetting[] {
  return VARIANTS.flatMap(([, change]) => columnsOf(choice).flatMap((column) => settingsOf(scale, change, column)));
}
