// Where a saved run stood, as its state file tells it: checked whole before anything is loaded.
import { Field } from "../../experiments/sweep/field.js";
import type { StoredTensor } from "../../nn/io/safetensors.js";
import { CheckpointError, ConfigError } from "../../tensor/index.js";
import type { CollapseWarning } from "../../zerosiam/alarm.js";

/** Where a saved run stood, and what it had answered. */
export interface Position {
  readonly path: string;
  readonly images: number;
  readonly digest: string;
  /** Wall time of its steps, batches that changed nothing, and what its alarm told. */
  readonly seconds: number;
  readonly notUpdated: number;
  readonly warnings: readonly CollapseWarning[];
  readonly record: ReadonlyMap<string, StoredTensor>;
}

/** The part of a position that is text. Throws CheckpointError for what `saveProgress` does not write. */
export function positionOf(path: string, metadata: ReadonlyMap<string, string>): Omit<Position, "record"> {
  const field = (name: string) => new Field(parsed(path, name, metadata.get(name)), path, name);
  try {
    return {
      path,
      images: count(field("images")),
      digest: metadata.get("digest") ?? "",
      seconds: field("seconds").number({ min: 0 }),
      notUpdated: count(field("notUpdated")),
      warnings: field("warnings").elements().map(warningOf),
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new CheckpointError(cause.message, "use a file written by --save or --checkpoint", { cause });
  }
}

/** The JSON text `name` of a file. Throws CheckpointError. */
export function parsed(path: string, name: string, json = ""): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new CheckpointError(`${path}: its ${name} is no JSON`, "use a file written by --save", { cause });
  }
}

const SHARE = { min: 0, max: 1 } as const;

const count = (field: Field): number => field.number({ min: 0, integer: true });

/** JSON has null for NaN. */
const ratio = (field: Field): number => (field.value === null ? Number.NaN : field.number({ min: 0 }));

function warningOf(warning: Field): CollapseWarning {
  const { images, unanswered, dominance, entropyRatio, normRatio } = warning.fields();
  return {
    ...{ images: count(images), unanswered: unanswered.number(SHARE), dominance: dominance.number(SHARE) },
    ...{ entropyRatio: ratio(entropyRatio), normRatio: ratio(normRatio) },
  };
}
