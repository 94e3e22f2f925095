// Rows as people read them.
import { number, percent } from "../src/report/format.js";
import type { BenchRow } from "./row.js";

const WORK_WIDTH = 56;

/** Each column: its heading, its width (negative: flush left), and the text of a row. */
const COLUMNS: readonly (readonly [string, number, (row: BenchRow) => string])[] = [
  ["work", -WORK_WIDTH, ({ work }) => (work.length > WORK_WIDTH ? `${work.slice(0, WORK_WIDTH - 1)}…` : work)],
  ["ms", 9, ({ ms, clock }) => `${number3(ms)}${clock === "wall" ? "*" : ""}`],
  ["wall ms", 8, ({ wallMs }) => number3(wallMs)],
  ["GFLOP/s", 8, ({ gflops }) => number3(gflops)],
  ["GB/s", 8, ({ gbs }) => number3(gbs)],
  ["of peak", 8, ({ ofPeak }) => percent(ofPeak, 0)],
  ["÷ source", 8, ({ toSource }) => toSource?.toFixed(2) ?? "–"],
  ["÷ Tent", 6, ({ toTent }) => toTent?.toFixed(2) ?? "–"],
  ["launches", 8, ({ dispatches }) => String(dispatches)],
  ["bytes", 9, ({ bytes }) => humanBytes(bytes)],
];

export function tableHeader(): string {
  return line(COLUMNS.map(([heading]) => heading));
}

export function tableRow(row: BenchRow): string {
  return line(COLUMNS.map(([, , text]) => text(row)));
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => pad(cell, COLUMNS[i][1])).join(" ");
}

function pad(cell: string, width: number): string {
  return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
}

/** Three significant digits. */
function number3(value: number | undefined): string {
  return number(value === undefined ? undefined : Number(value.toPrecision(3)));
}

/** 3 → "3", 4096 → "4.0 KiB". */
function humanBytes(bytes: number): string {
  const power = bytes > 0 ? Math.min(3, Math.floor(Math.log2(bytes) / 10)) : 0;
  return power === 0 ? String(bytes) : `${(bytes / 1024 ** power).toFixed(1)} ${["", "K", "M", "G"][power]}iB`;
}
