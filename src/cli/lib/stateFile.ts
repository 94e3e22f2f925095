// What a state file says beside its tensors: checked whole before anyone takes over a part of it.
import { FORMATS, storedFormat, UNNUMBERED } from "../../experiments/format.js";
import { Field } from "../../experiments/sweep/field.js";
import { parseJson } from "../../nn/io/json.js";
import { CheckpointError, ConfigError } from "../../tensor/index.js";
import type { AlarmState, CollapseWarning } from "../../zerosiam/alarm.js";
import type { Settings } from "./checkpoint.js";

const KIND = "state of a run";
const HELP = "use a file written by --save or --checkpoint";

/** What goes beside the tensors. */
export interface StateFacts {
  readonly method: string;
  /** Images that were shown, and a fingerprint of them. */
  readonly images: number;
  readonly digest: string;
  readonly interrupted: boolean;
  readonly settings: Settings;
  /** Wall time of the steps, batches that changed nothing, and what the alarm told. */
  readonly seconds: number;
  readonly notUpdated: number;
  readonly warnings: readonly CollapseWarning[];
  /** What the alarm has heard; left out where there is none. Its own `loadState` checks it. */
  readonly alarm?: AlarmState;
}

/** As the metadata of a safetensors file: texts as they are, all else as JSON. */
export function encodeFacts(facts: StateFacts): [string, string][] {
  const entries = Object.entries({ format: FORMATS[KIND], ...facts }).filter(([, value]) => value !== undefined);
  return entries.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

/** Throws CheckpointError, naming `path`, for what `encodeFacts` does not write, and for a later format. */
export function readFacts(path: string, metadata: ReadonlyMap<string, string>): StateFacts {
  if (storedFormat(path, KIND, metadata) === UNNUMBERED) {
    throw new CheckpointError(`${path}: no ${KIND}, or one of a release before 0.2: it has no format`, HELP);
  }
  const text = (name: string): Field => new Field(metadata.get(name), path, name);
  const json = (name: string): Field => new Field(parsed(metadata.get(name)), path, name);
  const count = (name: string): number => json(name).number({ min: 0, integer: true });
  try {
    json("settings").entries();
    return {
      method: text("method").text(),
      images: count("images"),
      digest: text("digest").text(),
      interrupted: json("interrupted").boolean(),
      settings: json("settings").value as Settings,
      seconds: json("seconds").number({ min: 0 }),
      notUpdated: count("notUpdated"),
      warnings: json("warnings").elements().map(readWarning),
      ...(metadata.has("alarm") && { alarm: json("alarm").value as AlarmState }),
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new CheckpointError(cause.message.split("\n")[0], HELP, { cause });
  }
}

/** The value of a text; the text itself, which no field takes, where it is no JSON. */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : parseJson(text);
  } catch {
    return text;
  }
}

/** JSON has null for the ratio that is NaN. */
function readWarning(warning: Field): CollapseWarning {
  const { images, unanswered, dominance, entropyRatio, normRatio } = warning.fields();
  const ratio = (field: Field): number => (field.value === null ? Number.NaN : field.number());
  return {
    images: images.number({ min: 0, integer: true }),
    unanswered: unanswered.number({ min: 0, max: 1 }),
    dominance: dominance.number({ min: 0, max: 1 }),
    entropyRatio: ratio(entropyRatio),
    normRatio: ratio(normRatio),
  };
}
