// Linking a kernel's text: of the functions at hand it gets those that `main` calls, directly or through others.

/** A function with the `///` comment above it, or what stands between two functions. */
export interface Piece {
  readonly text: string;
  /** Null between functions: declarations and attributes, which stay. */
  readonly name: string | null;
  readonly calls: readonly string[];
}

const FUNCTION = /(?:^\/\/\/.*\n)*^fn (\w+)\(/gm;

/** Cuts a text into functions, which begin at the start of a line, and what stands between them. */
export function piecesOf(text: string): Piece[] {
  const bare = text.replace(/\/\/.*$/gm, (comment) => " ".repeat(comment.length)); // whose braces and calls are none
  const pieces: Piece[] = [];
  const add = (name: string | null, from: number, to: number, body = "") => {
    const calls = Array.from(body.matchAll(/\b(\w+)\(/g), ([, called]) => called);
    const part = text.slice(from, to).trim();
    if (part !== "") pieces.push({ text: part, name, calls });
  };
  let at = 0;
  for (const { 0: head, 1: name, index } of text.matchAll(FUNCTION)) {
    const start = bare.indexOf("{", index + head.length);
    if (start < 0 || index < at) break; // no WGSL: left as it is, for the compiler to tell
    let end = start + 1;
    for (let depth = 1; depth > 0 && end < bare.length; end++) {
      depth += Number(bare[end] === "{") - Number(bare[end] === "}");
    }
    add(null, at, index);
    add(name, index, end, bare.slice(start, end));
    at = end;
  }
  add(null, at, text.length);
  return pieces;
}

/** The text of `pieces` without the functions that `main` does not reach. */
export function link(pieces: readonly Piece[]): string {
  const calls = new Map(pieces.map(({ name, calls }) => [name, calls]));
  const reached = new Set(["main"]);
  for (const name of reached) for (const called of calls.get(name) ?? []) if (calls.has(called)) reached.add(called);
  const kept = pieces.filter(({ name }) => name === null || reached.has(name));
  return kept.reduce((code, piece, i) => code + (i === 0 ? "" : gap(kept[i - 1], piece)) + piece.text, "");
}

/** Functions of one line stand together, and declarations with the function that follows; else an empty line parts them. */
function gap(before: Piece, after: Piece): string {
  if (after.name === null) return "\n\n";
  const together =
    before.name === null ? !after.text.startsWith("///") : !before.text.includes("\n") && !after.text.includes("\n");
  return together ? "\n" : "\n\n";
}
