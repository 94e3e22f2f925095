// A table before it is Markdown, CSV or LaTeX: entries are text, or means with intervals that know their unit.

/** A mean over seeds with the half width of its 95 % interval. Of "percent" both are fractions. */
export interface Measured {
  mean: number;
  ci95: number | null;
  unit: "percent" | "number";
  /** Printed bold. */
  best?: boolean;
}

export type Entry = string | Measured | null;

export interface Table {
  /** One sentence: what the numbers are. */
  caption: string;
  head: string[];
  /** As many entries as `head`. */
  rows: Entry[][];
}

/** "64.4 ± 3.0", "0.0123", "–": digits for people; a percentage without its sign, which the caption has. */
export function entryText(entry: Entry): string {
  if (entry === null) return "–";
  if (typeof entry === "string") return entry;
  const write = (value: number): string =>
    (entry.unit === "percent" ? (value * 100).toFixed(1) : String(Number(value.toPrecision(3)))).replace("-", "−");
  if (!Number.isFinite(entry.mean)) return "–";
  return entry.ci95 === null ? write(entry.mean) : `${write(entry.mean)} ± ${write(entry.ci95)}`;
}

export function isBest(entry: Entry): boolean {
  return entry !== null && typeof entry === "object" && entry.best === true;
}

/** Marks the largest (or smallest) mean of the given entries, and those that print the same. */
export function markBest(entries: readonly Entry[], direction: "largest" | "smallest" = "largest"): void {
  const measured = entries.filter((entry) => entry !== null && typeof entry === "object");
  const means = measured.map(({ mean }) => mean).filter(Number.isFinite);
  if (means.length === 0) return;
  const best = direction === "largest" ? Math.max(...means) : Math.min(...means);
  const shown = (mean: number, { unit }: Measured): string => entryText({ mean, ci95: null, unit });
  for (const entry of measured) entry.best = shown(entry.mean, entry) === shown(best, entry);
}
