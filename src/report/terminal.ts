// The live view of a run in the terminal: a column for each method while it adapts, plain lines where nothing can be redrawn.
import type { createColors } from "picocolors";
import type { CurveRow } from "../experiments/curves.js";
import { clock, methodLabel } from "./format.js";
import { look } from "./palette.js";

type Colors = ReturnType<typeof createColors>;

/** What the view writes to; `process.stdout` is one. */
export interface Terminal {
  write(text: string): unknown;
  /** True where lines can be redrawn. */
  isTTY?: boolean;
  /** Width in characters. */
  columns?: number;
}

export interface LiveOptions {
  terminal: Terminal;
  colors: Colors;
  /** Seconds, from any origin. */
  now: () => number;
}

/** What the view needs of a batch. */
export type LiveRow = Pick<CurveRow, "n" | "accuracy" | "dominantShare">;

/** Told of every batch; draws as often as it is useful. */
export interface LiveView {
  update(method: string, row: LiveRow): void;
  /** Writes a line of other text; the view goes on below it. */
  interject(line: string): void;
  /** Draws the last state and leaves the cursor below it. */
  finish(): void;
}

interface Column {
  name: string;
  seen: number;
  right: number;
  rows: LiveRow[];
}

const LABEL_WIDTH = 12;
const MIN_COLUMN = 14;
const REDRAW_SECONDS = 0.1;
/** A run without a terminal prints about this many lines. */
const PLAIN_LINES = 20;

/** Shows nothing: for runs that are part of a larger one. */
export const SILENT: LiveView = { update() {}, interject() {}, finish() {} };

/** A view of `methods`, each of which will see `total` images. */
export function liveView(methods: readonly string[], total: number, options: LiveOptions): LiveView {
  const { terminal, now } = options;
  const columns: Column[] = methods.map((name) => ({ name, seen: 0, right: 0, rows: [] }));
  const start = now();
  const progress = (): Progress => progressOf(columns, total, now() - start);
  const fits = (): boolean => (terminal.columns ?? 80) >= LABEL_WIDTH + MIN_COLUMN * columns.length;
  const redrawn = terminal.isTTY === true && fits();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let told = -1;

  function draw(): void {
    const text = frame(columns, total, progress(), (terminal.columns ?? 80) - 1, options.colors);
    // Up to the first line of the last frame; each line clears what is left of the old one.
    terminal.write((lines > 0 ? `\x1b[${lines}A` : "") + text.map((line) => `${line}\x1b[K\n`).join(""));
    lines = text.length;
    drawnAt = now();
  }

  function tell(last: boolean): void {
    const { fraction } = progress();
    const part = Math.floor(fraction * PLAIN_LINES);
    if (part === told && !last) return;
    told = part;
    terminal.write(`${plainLine(columns, total, progress())}\n`);
  }

  return {
    update(method, row) {
      const column = columns.find((c) => c.name === method);
      if (!column) return;
      column.seen += row.n;
      column.right += row.accuracy * row.n;
      column.rows.push(row);
      if (!redrawn) {
        // One line when all methods have seen the same images, so that its figures can be compared.
        if (columns.every((c) => c.seen === column.seen)) tell(false);
      } else if (now() - drawnAt >= REDRAW_SECONDS) draw();
    },
    interject(line) {
      terminal.write(`${line}\n`);
      lines = 0;
    },
    finish() {
      if (redrawn) draw();
      else if (progress().fraction < 1) tell(true);
    },
  };
}

interface Progress {
  /** Of all images of all methods. */
  fraction: number;
  /** Seconds, by the mean pace until now; null before there is one. */
  left: number | null;
}

function progressOf(columns: Column[], total: number, elapsed: number): Progress {
  const done = columns.reduce((sum, c) => sum + c.seen, 0);
  const all = total * columns.length;
  const fraction = all === 0 ? 1 : Math.min(1, done / all);
  return { fraction, left: fraction === 0 ? null : (elapsed / fraction) * (1 - fraction) };
}

function plainLine(columns: Column[], total: number, { left }: Progress): string {
  const seen = Math.max(0, ...columns.map((c) => c.seen));
  const parts = columns.map((c) => `${methodLabel(c.name)} ${share(accuracyOf(c))}`);
  return `${String(seen).padStart(String(total).length)}/${total} images   ${parts.join("   ")}   ${timeLeft(left)}`;
}

function frame(columns: Column[], total: number, progress: Progress, width: number, colors: Colors): string[] {
  const cell = Math.max(4, Math.min(34, Math.floor((width - LABEL_WIDTH) / columns.length)));
  const row = (label: string, text: (c: Column) => string): string =>
    colors.dim(label.padEnd(LABEL_WIDTH)) +
    columns
      .map((c, i) =>
        paint(
          colors,
          c.name,
          i,
        )(
          text(c)
            .slice(0, cell - 2)
            .padEnd(cell),
        ),
      )
      .join("");
  const spark = (value: (r: LiveRow) => number | null) => (c: Column) => sparkline(c.rows, total, cell - 2, value);
  const seen = Math.max(0, ...columns.map((c) => c.seen));
  const end = `  ${share(progress.fraction)}  ${seen}/${total} images  ${timeLeft(progress.left)}`;
  return [
    row("", (c) => methodLabel(c.name)),
    row("accuracy", (c) => share(accuracyOf(c))),
    row(
      "",
      spark((r) => r.accuracy),
    ),
    row("one class", (c) => share(c.rows[c.rows.length - 1]?.dominantShare ?? null)),
    row(
      "",
      spark((r) => r.dominantShare),
    ),
    `${bar(progress.fraction, Math.min(40, width - end.length - 2), colors)}${end}`.trimEnd(),
  ];
}

function paint(colors: Colors, name: string, index: number): (text: string) => string {
  const paints = [colors.gray, colors.yellow, colors.cyan, colors.green, colors.magenta, colors.blue, colors.red];
  return paints[look(name, index).slot];
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** Mean of `value` in each of `width` equal parts of the stream, as block characters from 0 to 1; blank where unknown. */
function sparkline(rows: LiveRow[], total: number, width: number, value: (r: LiveRow) => number | null): string {
  const sums = new Array<number>(width).fill(0);
  const counts = new Array<number>(width).fill(0);
  let seen = 0;
  for (const row of rows) {
    const from = Math.floor((seen / total) * width);
    seen += row.n;
    const to = Math.max(from, Math.ceil((seen / total) * width) - 1);
    const v = value(row);
    if (v === null || !Number.isFinite(v)) continue;
    for (let at = from; at <= Math.min(to, width - 1); at++) {
      sums[at] += v;
      counts[at]++;
    }
  }
  return sums
    .map((sum, i) => (counts[i] === 0 ? " " : BLOCKS[Math.min(7, Math.floor((sum / counts[i]) * 8))]))
    .join("");
}

function bar(fraction: number, width: number, colors: Colors): string {
  if (width < 4) return "";
  const full = Math.round(fraction * width);
  return colors.cyan("━".repeat(full)) + colors.dim("─".repeat(width - full));
}

function accuracyOf(column: Column): number | null {
  return column.seen === 0 ? null : column.right / column.seen;
}

function share(fraction: number | null): string {
  return fraction === null || !Number.isFinite(fraction) ? "–" : `${(fraction * 100).toFixed(1)} %`;
}

function timeLeft(seconds: number | null): string {
  return seconds === null ? "" : `${clock(seconds)} left`;
}
