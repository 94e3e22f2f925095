// The edge of all output: text that may come from a file, without the characters that act instead of being seen.

/**
 * Control characters (C0 but tab and newline, DEL, C1), line and paragraph separators, marks that turn the direction of
 * what follows, and invisible ones.
 */
const ACTING = /(?![\t\n])[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
/** The colours that this program writes itself. */
const COLOUR = /(\p{Cc}\[(?:[0-2]|22|3[0-79]|9[0-7])m)/u;

/** `text` with each such character as its number, `\u001b`: nothing moves a cursor, renames a window or hides a name. */
export function printable(text: string): string {
  return text.replace(ACTING, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same in one line, for the cell of a table. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n]/g, " "));
}

/** The same for a terminal, which shows colours: those that this program uses stay. */
export function forTerminal(text: string): string {
  return text
    .split(COLOUR)
    .map((part, i) => (i % 2 === 1 && part.startsWith("\u001b") ? part : printable(part)))
    .join("");
}
