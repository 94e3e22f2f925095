// Taking over saved tensors by name: all of them or none.
import { formatValue } from "../tensor/arguments.js";
import { CheckpointError, ConfigError, Tensor } from "../tensor/index.js";

/** Throws ConfigError unless `tensors` is a map of tensors by name. */
export function checkNamed(owner: string, tensors: ReadonlyMap<string, Tensor>): void {
  const odd =
    tensors instanceof Map ? [...tensors].find(([, value]) => !(value instanceof Tensor)) : ["the state", tensors];
  if (!odd) return;
  throw new ConfigError(
    `${owner}: ${odd[0]} is ${formatValue(odd[1])}`,
    "pass a Map of tensors by name: a stateDict(), or the tensors that loadTensors gave",
  );
}

/** How names are matched. */
export interface MatchOptions {
  /** Whether every key must be there, and no other. False loads the keys that are there; shapes must fit all the same. */
  readonly strict?: boolean;
}

/** Keys that had no partner: none when loading was strict. */
export interface LoadReport {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
}

/** More lines than this hide what they have in common. */
const SHOWN = 10;

/** What loading would change, and to what. */
interface Match extends LoadReport {
  readonly updates: readonly (readonly [own: Tensor, given: Tensor])[];
}

/**
 * Finds for each tensor of `own` its namesake in `given`; changes nothing. Throws CheckpointError with the number of missing
 * and unexpected names and tensors that are disposed, on another device or of another shape or dtype, and the first ten of
 * them. Not `strict`, it still throws where no name is known.
 */
export function matchState(
  owner: string,
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  { strict = true }: MatchOptions = {},
): Match {
  checkNamed(owner, given);
  const missing = [...own.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !own.has(name));
  const problems: string[] = [];
  const updates: [Tensor, Tensor][] = [];
  for (const [name, tensor] of own) {
    const other = given.get(name);
    if (!other) continue;
    updates.push([tensor, other]);
    if (other.disposed) problems.push(`${name} is disposed`);
    else if (other.device !== tensor.device) problems.push(`${name} is on another device`);
    else if (String(other) !== String(tensor)) problems.push(`${name} is ${other}, expected ${tensor}`);
  }
  if (strict) {
    for (const name of missing) problems.push(`missing ${name} ${own.get(name)}`);
    for (const name of unexpected) problems.push(`unexpected ${name}`);
  } else if (own.size > 0 && missing.length === own.size) problems.push("no key is known");
  if (problems.length > 0) refuse(owner, problems, missing, unexpected);
  return { missing, unexpected, updates };
}

/** Assigns to each tensor of `own` its namesake in `given`. Throws CheckpointError as `matchState` does; then nothing has changed. */
export function assignState(
  owner: string,
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  options: MatchOptions = {},
): LoadReport {
  const { missing, unexpected, updates } = matchState(owner, own, given, options);
  for (const [tensor, other] of updates) tensor.assign(other);
  return { missing, unexpected };
}

function refuse(owner: string, problems: string[], missing: readonly string[], unexpected: readonly string[]): never {
  const lines = problems.slice(0, SHOWN).map((problem) => `\n  ${withNearest(problem, missing, unexpected)}`);
  const more = problems.length > SHOWN ? `\n  … and ${problems.length - SHOWN} more` : "";
  throw new CheckpointError(
    `${owner}: ${problems.length} tensors do not fit${lines.join("")}${more}`,
    "keys and shapes must be this model's; `strict: false` loads the keys that are",
  );
}

/** A missing key with the unexpected one that is most like it, where one is like it. */
function withNearest(problem: string, missing: readonly string[], unexpected: readonly string[]): string {
  const name = missing.find((key) => problem.startsWith(`missing ${key} `));
  if (name === undefined) return problem;
  const distances = unexpected.map((key): [string, number] => [key, distance(name, key)]);
  const [nearest, edits] = distances.reduce((a, b) => (b[1] < a[1] ? b : a), ["", Number.POSITIVE_INFINITY]);
  return edits <= name.length / 2 ? `${problem}; nearest is ${nearest}` : problem;
}

/** Levenshtein's, of at most 100 characters each. */
function distance(a: string, b: string): number {
  const [left, right] = [a.slice(0, 100), b.slice(0, 100)];
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = row[j - 1] + Number(left[i - 1] !== right[j - 1]);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[right.length];
}
