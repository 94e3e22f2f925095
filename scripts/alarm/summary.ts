// What the runs say of the alarm: false alarms where nothing collapsed, delay and misses where it did, what a rollback gave.
import type { HeldBack, Watched } from "./run.js";

/** One run and, if the alarm fired, the same run held back. */
export interface Row {
  readonly stream: string;
  readonly method: string;
  readonly lr: number;
  readonly seed: number;
  readonly images: number;
  /** Accuracy of the source model on this stream. */
  readonly source: number;
  readonly watched: Watched;
  readonly heldBack: HeldBack | null;
}

/** What the alarm did. */
export interface Counts {
  readonly healthy: {
    readonly runs: number;
    readonly images: number;
    readonly runsWarned: number;
    readonly warnings: number;
  };
  /** Delays of the first warning after the onset in images, sorted; negative where it came before. */
  readonly collapsed: { readonly runs: number; readonly missed: number; readonly delays: readonly number[] };
}

export function countsOf(rows: readonly Row[]): Counts {
  const runs = rows.map(({ images, watched }) => ({ images, ...watched }));
  const healthy = runs.filter(({ onset }) => onset === null);
  const collapsed = runs.filter(({ onset }) => onset !== null);
  const heard = collapsed.filter(({ warnings }) => warnings.length > 0);
  return {
    healthy: {
      runs: healthy.length,
      images: sum(healthy.map(({ images }) => images)),
      runsWarned: healthy.filter(({ warnings }) => warnings.length > 0).length,
      warnings: sum(healthy.map(({ warnings }) => warnings.length)),
    },
    collapsed: {
      runs: collapsed.length,
      missed: collapsed.length - heard.length,
      delays: heard.map(({ warnings, onset }) => warnings[0] - (onset as number)).sort((a, b) => a - b),
    },
  };
}

/** As Markdown: a row for each setting, and a sentence. */
export function summaryOf(rows: readonly Row[]): string {
  const settings = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${row.stream} | ${row.method}${row.lr > 0 ? `, ${row.lr}` : ""}`;
    settings.set(name, [...(settings.get(name) ?? []), row]);
  }
  const table = [...settings].map(([name, runs]) => `| ${name} | ${cellsOf(runs).join(" | ")} |`);
  return [HEAD, `|${"---|".repeat(HEAD.split("|").length - 2)}`, ...table, "", sentence(countsOf(rows))].join("\n");
}

const HEAD = "| stream | method, rate | source | unguarded | collapsed | warned | rolled back | rollbacks |";

/** Accuracies in %, means over the seeds; a run without a warning is the same when rolling back is allowed. */
function cellsOf(runs: readonly Row[]): string[] {
  const held = runs.flatMap(({ heldBack }) => heldBack ?? []);
  return [
    percent(runs.map(({ source }) => source)),
    percent(runs.map(({ watched }) => watched.accuracy)),
    `${runs.filter(({ watched }) => watched.onset !== null).length} of ${runs.length}`,
    `${held.length} of ${runs.length}`,
    held.length > 0 ? percent(runs.map(({ watched, heldBack }) => (heldBack ?? watched).accuracy)) : "–",
    held.map(({ rollbacks }) => rollbacks).join(" + ") || "–",
  ];
}

function sentence({ healthy, collapsed }: Counts): string {
  const { delays } = collapsed;
  const rate = (1000 * healthy.warnings) / healthy.images;
  const late = delays.length > 0 ? `, delay ${delays[0]} to ${delays.at(-1)} images, median ${median(delays)}` : "";
  return (
    `${healthy.warnings} false alarms on ${healthy.images} images (${rate.toFixed(2)} per 1,000), in ${healthy.runsWarned} ` +
    `of ${healthy.runs} runs that did not collapse; ${collapsed.missed} of ${collapsed.runs} collapses missed${late}`
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const percent = (values: readonly number[]): string => ((100 * sum(values)) / values.length).toFixed(1);

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
