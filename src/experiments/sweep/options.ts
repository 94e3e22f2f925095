// What a cell may set beside method, stream, rates, batch size and seed: each name, whose it is, and its values.
import { DIVERGENCES, OBJECTIVES } from "../../zerosiam/losses.js";
import { PREDICTORS } from "../../zerosiam/predictor.js";
import type { CellSetting } from "./cell.js";
import type { Field } from "./field.js";

interface Option {
  readonly of: "stream" | "method";
  /** Throws ConfigError for a value that is none. */
  read(field: Field): CellSetting[string];
}

const stream = (read: Option["read"]): Option => ({ of: "stream", read });
const method = (read: Option["read"]): Option => ({ of: "method", read });
const count = (field: Field): number => field.number({ min: 1, integer: true });
const weight = (field: Field): number => field.number({ min: 0 });
const namesOf = <T extends object>(table: T) => Object.keys(table) as (keyof T & string)[];
const flag = (field: Field): boolean => field.boolean();

export const OPTIONS: Readonly<Record<string, Option>> = {
  limit: stream(count),
  severity: stream((field) => field.number({ min: 1, max: 5, integer: true })),
  pick: stream((field) => field.name(["first", "draw"])),
  reset: stream((field) => field.name(["never", "phase", "batch"])),
  imbalanceRatio: stream((field) => field.number({ min: 1 })),
  probes: stream(count),
  momentum: method(weight),
  optimizer: method((field) => field.name(["sgd", "adam"])),
  steps: method(count),
  episodic: method(flag),
  alpha: method(weight),
  objective: method((field) => field.name(namesOf(OBJECTIVES))),
  divergence: method((field) => field.name(namesOf(DIVERGENCES))),
  predictor: method((field) => field.name(namesOf(PREDICTORS))),
  margin: method(weight),
  dMargin: method(weight),
  /** Clean images from which EATA's Fisher information is taken; without it EATA has no anti-forgetting. */
  fisher: method(count),
  fisherAlpha: method(weight),
  rho: method(weight),
  recoverBelow: method(weight),
  cleanReset: method(flag),
  deyoMargin: method(weight),
  plpd: method(weight),
  patches: method(count),
};

/** The options of a setting that are for the stream, or for the method, as they take them. */
export function optionsFor(owner: Option["of"], setting: CellSetting): Record<string, CellSetting[string]> {
  return Object.fromEntries(
    Object.entries(setting).filter(([name]) => Object.hasOwn(OPTIONS, name) && OPTIONS[name].of === owner),
  );
}
