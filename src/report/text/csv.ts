// Tables as CSV (RFC 4180): full numbers for programs, the half width of an interval in a column of its own.
import { printable } from "./printable.js";
import type { Entry, Table } from "./table.js";

/**
 * A field, quoted where it must be. A leading =, +, - or @ of a text is kept from being a spreadsheet's formula: also after
 * white space, and in the full-width forms that some spreadsheets take for them.
 */
function field(text: string): string {
  const shown = printable(text);
  const safe = /^\s*[=+\-@＝＋－＠]/.test(shown) || /^[\t\n]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Percentages are fractions. What is not known is empty. The caption is not in it. */
export function toCsv({ head, rows }: Table): string {
  const measured = head.map((_, i) => rows.some((row) => isMeasured(row[i])));
  const heads = head.flatMap((name, i) => (measured[i] ? [field(name), field(`${name} ci95`)] : [field(name)]));
  const body = rows.map((row) => row.flatMap((entry, i) => fields(entry, measured[i])).join(","));
  return `${[heads.join(","), ...body].join("\r\n")}\r\n`;
}

function isMeasured(entry: Entry): boolean {
  return entry !== null && typeof entry === "object";
}

function fields(entry: Entry, wide: boolean): string[] {
  const number = (value: number | null): string => (value === null || !Number.isFinite(value) ? "" : String(value));
  if (entry !== null && typeof entry === "object") return [number(entry.mean), number(entry.ci95)];
  return [field(entry ?? ""), ...(wide ? [""] : [])];
}
