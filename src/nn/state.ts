// Taking over saved tensors by name: all of them or none.
import { checkFlag, formatValue } from "../tensor/arguments.js";
import { CheckpointError, ConfigError, Tensor } from "../tensor/index.js";
import { nearest } from "../tensor/names.js";
import { checkOptions } from "../tensor/options.js";

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

const THIS_MODEL = "keys and shapes must be this model's; `strict: false` loads the keys that are";

/** More lines than this hide what they have in common. */
const SHOWN = 10;

/**
 * Assigns to each tensor of `own` its namesake in `given`. Throws CheckpointError with the number of missing and
 * unexpected names and tensors that are disposed, on another device or of another shape or dtype, and the first ten of
 * them; then nothing has changed. Not `strict`, it still throws where no name is known. `help` is for whom it concerns.
 * ConfigError for what is no map of tensors.
 */
export function assignState(
  owner: string,
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  options: MatchOptions = {},
  help: string = THIS_MODEL,
): LoadReport {
  const { updates, ...report } = matchState(owner, own, given, options, help);
  for (const [tensor, value] of updates) tensor.assign(value);
  return report;
}

/** What `assignState` would do, for whoever has more to change with it. Throws as that does. */
export function matchState(
  owner: string,
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
  options: MatchOptions = {},
  help: string = THIS_MODEL,
): LoadReport & { readonly updates: readonly (readonly [target: Tensor, value: Tensor])[] } {
  checkNamed(owner, own);
  checkNamed(owner, given);
  checkOptions(owner, options, ["strict"]);
  const strict = checkFlag(owner, "strict", options.strict ?? true);
  const missing = [...own.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !own.has(name));
  const problems: string[] = [];
  for (const [name, tensor] of own) {
    const other = given.get(name);
    if (!other) continue;
    if (other.disposed) problems.push(`${name} is disposed`);
    else if (other.device !== tensor.device) problems.push(`${name} is on another device`);
    else if (String(other) !== String(tensor)) problems.push(`${name} is ${other}, expected ${tensor}`);
  }
  if (strict) {
    for (const name of missing) problems.push(`missing ${name} ${own.get(name)}`);
    for (const name of unexpected) problems.push(`unexpected ${name}`);
  } else if (own.size > 0 && missing.length === own.size) problems.push("no key is known");
  if (problems.length > 0) refuse(owner, problems, missing, unexpected, help);
  const updates = [...own].flatMap(([name, tensor]) => {
    const other = given.get(name);
    return other ? [[tensor, other] as const] : [];
  });
  return { missing, unexpected, updates };
}

function refuse(
  owner: string,
  problems: string[],
  missing: readonly string[],
  unexpected: readonly string[],
  help: string,
): never {
  const lines = problems.slice(0, SHOWN).map((problem) => `\n  ${withNearest(problem, missing, unexpected)}`);
  const more = problems.length > SHOWN ? `\n  … and ${problems.length - SHOWN} more` : "";
  throw new CheckpointError(`${owner}: ${problems.length} tensors do not fit${lines.join("")}${more}`, help);
}

/** A missing key with the unexpected one that is most like it, where one is like it. */
function withNearest(problem: string, missing: readonly string[], unexpected: readonly string[]): string {
  const name = missing.find((key) => problem.startsWith(`missing ${key} `));
  const other = name === undefined ? undefined : nearest(name, unexpected);
  return other === undefined ? problem : `${problem}; nearest is ${other}`;
}
