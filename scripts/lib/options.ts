// Options of the tasks that search for defects: a wrong one ends the process with a usage line and exit code 2.
import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** The options given, `--help` answered. Those of `integers` are integers of at least the bound there. */
export function parseOptions<const T extends Options>(
  usage: string,
  options: T,
  integers: Readonly<Record<string, number>>,
) {
  if (process.argv.includes("--help")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const { values } = parseArgs({ options });
    for (const [name, least] of Object.entries(integers)) {
      const text = (values as Readonly<Record<string, string | undefined>>)[name];
      if (text === undefined || (/^\d+$/.test(text) && Number(text) >= least)) continue;
      throw new RangeError(`--${name} takes an integer ≥ ${least}, not "${text}"`);
    }
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** The three of `known` with the fewest changes to `name`, the nearest first. */
export function closest(name: string, known: readonly string[]): string[] {
  const distances = new Map(known.map((other) => [other, distance(name.toLowerCase(), other.toLowerCase())]));
  return known.toSorted((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0)).slice(0, 3);
}

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
