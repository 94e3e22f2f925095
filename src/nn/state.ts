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

/**
 * Assigns to each tensor of `own` its namesake in `given`. Throws CheckpointError listing every missing or unexpected
 * name and every tensor that is disposed, on another device or of another shape or dtype; then nothing has changed.
 */
export function assignState(owner: string, own: ReadonlyMap<string, Tensor>, given: ReadonlyMap<string, Tensor>): void {
  checkNamed(owner, given);
  const problems: string[] = [];
  for (const [name, tensor] of own) {
    const other = given.get(name);
    if (!other) problems.push(`missing ${name} ${tensor}`);
    else if (other.disposed) problems.push(`${name} is disposed`);
    else if (other.device !== tensor.device) problems.push(`${name} is on another device`);
    else if (String(other) !== String(tensor)) problems.push(`${name} is ${other}, expected ${tensor}`);
  }
  for (const name of given.keys()) if (!own.has(name)) problems.push(`unexpected ${name}`);
  if (problems.length > 0) {
    const lines = problems.map((problem) => `\n  ${problem}`).join("");
    throw new CheckpointError(
      `${owner}: ${problems.length} tensors do not fit${lines}`,
      "load what was saved from this very architecture",
    );
  }
  for (const [name, tensor] of own) tensor.assign(given.get(name) as Tensor);
}
