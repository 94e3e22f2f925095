// Names that are like another: what a slip of the pen may have meant.

/** The three of `known` that are most like `name`, the nearest first. */
export function closest(name: string, known: readonly string[]): string[] {
  const distances = new Map(known.map((other) => [other, unlikeness(name, other)]));
  return known.toSorted((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0)).slice(0, 3);
}

/** The one of `known` that `name` may stand for; undefined where more than half of its letters differ from any. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const [first] = closest(name, known);
  return first !== undefined && unlikeness(name, first) <= name.length / 2 ? first : undefined;
}

/** Letters to change; ½ for the same words in another order, 1 where one begins the other. */
function unlikeness(name: string, other: string): number {
  const [a, b] = [name.toLowerCase(), other.toLowerCase()];
  if (wordsOf(name) === wordsOf(other)) return a === b ? 0 : 0.5;
  const begins = Math.min(a.length, b.length) > 2 && (a.startsWith(b) || b.startsWith(a));
  return begins ? 1 : distance(a.slice(0, 100), b.slice(0, 100));
}

/** The words of a name in camelCase, in the order of the alphabet. */
const wordsOf = (name: string): string =>
  name
    .split(/(?=[A-Z])/)
    .map((word) => word.toLowerCase())
    .sort()
    .join();

/** Levenshtein's: the fewest letters to add, drop or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
