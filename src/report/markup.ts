// HTML text that is escaped by construction: whatever goes into an `html` template is text unless it is Markup already.

/** A piece of HTML that is known to be safe to insert. */
export class Markup {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

type Insert = Markup | string | number | null | undefined | false | readonly Insert[];

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** `text` with the five characters that mean something in HTML replaced; right in elements and in quoted attributes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c]);
}

function insert(value: Insert): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(insert).join("");
  return escapeHtml(String(value));
}

/** Template tag: inserted strings are escaped, Markup and lists of it are not, null and false insert nothing. */
export function html(strings: TemplateStringsArray, ...values: Insert[]): Markup {
  return new Markup(strings.reduce((text, part, i) => text + insert(values[i - 1]) + part));
}

/**
 * `value` as JSON that can stand inside a script element: `<` is written as \u003c, so that no `</script>` or `<!--` ends or
 * hides it; the two line separators that old JavaScript forbids in strings are escaped too.
 */
export function scriptJson(value: unknown): Markup {
  const escapes: Record<string, string> = { "<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029" };
  return new Markup(JSON.stringify(value).replace(/[<\u2028\u2029]/g, (c) => escapes[c]));
}
