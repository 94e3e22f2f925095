// Tables as GitHub's Markdown.
import { printableLine } from "./printable.js";
import { entryText, isBest, type Table } from "./table.js";

/** Characters that Markdown or its tables would take for their own; a line break would end the row. */
function escapeMarkdown(text: string): string {
  return printableLine(text.replace(/\s*[\r\n]+\s*/g, " ")).replace(/[\\`*_{}[\]<>|~&]/g, (c) =>
    c === "<" ? "&lt;" : c === "&" ? "&amp;" : `\\${c}`,
  );
}

/** The caption, then the table: the first column to the left, the others to the right, the best ones bold. */
export function toMarkdown({ caption, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const align = head.map((_, i) => (i === 0 ? "---" : "---:"));
  const body = rows.map((row) =>
    line(
      row.map((entry) => {
        const text = escapeMarkdown(entryText(entry));
        return isBest(entry) ? `**${text}**` : text;
      }),
    ),
  );
  return `${escapeMarkdown(caption)}\n\n${[line(head.map(escapeMarkdown)), line(align), ...body].join("\n")}\n`;
}
