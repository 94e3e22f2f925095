// JSON that someone else may have written: parsed only where it nests as little as what this package writes.

/** Deeper than any document, line or manifest that is read. */
const MAX_DEPTH = 32;

/**
 * The value of a JSON text. Throws SyntaxError where it is none, and where it nests deeper than 32 lists and objects:
 * what recurses into a value, as `JSON.stringify` does, would run out of stack.
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === "\\") i++;
    } else if (char === "[" || char === "{") {
      if (++depth > MAX_DEPTH) throw new SyntaxError(`it nests deeper than ${MAX_DEPTH} lists and objects`);
    } else if (char === "]" || char === "}") depth--;
  }
  return JSON.parse(text);
}
