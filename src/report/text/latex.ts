// Tables as LaTeX, with the rules of the booktabs package.
import { printableLine } from "./printable.js";
import { entryText, isBest, type Table } from "./table.js";

const ESCAPES: Readonly<Record<string, string>> = {
  ...Object.fromEntries([..."&%$#_{}"].map((c) => [c, `\\${c}`])),
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  "–": "--",
  "−": "$-$",
  "±": "$\\pm$",
  "×": "$\\times$",
  "÷": "$\\div$",
  "‖": "$\\|$",
  "∞": "$\\infty$",
  α: "$\\alpha$",
};

/** Text that stands for itself in LaTeX: the ten special characters, and those that fonts lack. */
function escapeLatex(text: string): string {
  return printableLine(text).replace(/[&%$#_{}\\~^<>|–−±×÷‖∞α]/g, (c) => ESCAPES[c]);
}

/** A `table` environment; \usepackage{booktabs}. */
export function toLatex({ caption, head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `    ${cells.join(" & ")} \\\\`;
  const body = rows.map((row) =>
    line(
      row.map((entry) => {
        const text = escapeLatex(entryText(entry));
        return isBest(entry) ? `\\textbf{${text}}` : text;
      }),
    ),
  );
  return [
    "\\begin{table}",
    "  \\centering",
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\begin{tabular}{l${"r".repeat(head.length - 1)}}`,
    "    \\toprule",
    line(head.map(escapeLatex)),
    "    \\midrule",
    ...body,
    "    \\bottomrule",
    "  \\end{tabular}",
    "\\end{table}",
    "",
  ].join("\n");
}
