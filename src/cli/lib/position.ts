// Where a saved run stood: the metadata of its state file, which anyone may have changed, checked whole.
import type { Runner } from "../../experiments/runner.js";
import { Field } from "../../experiments/sweep/field.js";
import { CheckpointError, ConfigError } from "../../tensor/index.js";
import type { CollapseWarning } from "../../zerosiam/alarm.js";
import type { Settings } from "./checkpoint.js";

/** What a state file holds is this; one of another version is refused by its number. */
const FORMAT = "1";
const HELP = "use a file written by --save or --checkpoint";

/** Which images were seen, and what counts as figures beside the answers. */
export interface Position {
  readonly images: number;
  /** Fingerprint of these images and their labels, in order. */
  readonly digest: string;
  /** Wall time of the steps. */
  readonly seconds: number;
  /** Batches that changed nothing. */
  readonly notUpdated: number;
  /** What the alarm told. */
  readonly warnings: readonly CollapseWarning[];
}

/** What is said of a run beside its position. */
export interface RunFacts {
  readonly method: string;
  readonly settings: Settings;
  readonly interrupted: boolean;
}

/** The metadata of a run's state file. */
export function encodePosition(
  { seconds, notUpdated, warnings }: Pick<Runner, "seconds" | "notUpdated" | "warnings">,
  { images, digest }: Pick<Position, "images" | "digest">,
  { method, settings, interrupted }: RunFacts,
): [string, string][] {
  return [
    ["format", FORMAT],
    ["method", method],
    ["images", String(images)],
    ["digest", digest],
    ["interrupted", String(interrupted)],
    ["settings", JSON.stringify(settings)],
    ["notUpdated", String(notUpdated)],
    ["seconds", String(seconds)],
    ["warnings", JSON.stringify(warnings)],
  ];
}

/** Reads what `encodePosition` wrote to the file `path`. Throws CheckpointError, naming what is not as it writes it. */
export function decodePosition(path: string, metadata: ReadonlyMap<string, string>): Position {
  checkFormat(path, metadata.get("format"));
  const field = (name: string): Field => new Field(parsed(path, metadata, name), `${path}: ${name}`);
  const digest = metadata.get("digest") ?? "";
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new CheckpointError(`${path}: its digest is none`, HELP);
  try {
    return {
      images: field("images").number(COUNT),
      digest,
      seconds: field("seconds").number({ min: 0 }),
      notUpdated: field("notUpdated").number(COUNT),
      warnings: field("warnings").elements().map(warningOf),
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause; // what a field says of a document that a person wrote
    throw new CheckpointError(cause.message.split("\n")[0], HELP, { cause });
  }
}

function checkFormat(path: string, format: string | undefined): void {
  if (format === FORMAT) return;
  throw new CheckpointError(
    `${path}: ${format === undefined ? "is no state of a run" : `is of format ${format}`}; this version reads ${FORMAT}`,
    `${HELP} of this version`,
  );
}

/** The JSON of a text of the metadata. Throws CheckpointError. */
export function parsed(path: string, metadata: ReadonlyMap<string, string>, name: string): unknown {
  try {
    return JSON.parse(metadata.get(name) ?? "");
  } catch (cause) {
    throw new CheckpointError(`${path}: its ${name} ${metadata.has(name) ? "is no JSON" : "is missing"}`, HELP, {
      cause,
    });
  }
}

const COUNT = { min: 0, integer: true } as const;

function warningOf(warning: Field): CollapseWarning {
  const { images, unanswered, dominance, entropyRatio, normRatio } = warning.fields();
  /** NaN, which JSON lacks, was written as null. */
  const ratio = (field: Field): number => (field.value === null ? Number.NaN : field.number({ min: 0 }));
  return {
    images: images.number(COUNT),
    unanswered: unanswered.number({ min: 0, max: 1 }),
    dominance: dominance.number({ min: 0, max: 1 }),
    entropyRatio: ratio(entropyRatio),
    normRatio: ratio(normRatio),
  };
}
