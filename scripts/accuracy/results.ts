// What a run leaves in bench/results: the document is made from it.
import { readFileSync } from "node:fs";
import type { ComparedRun } from "../../bench/peers/accuracy/run.js";
import type { CommonJson } from "../../src/cli/lib/session.js";
import { checkFormat, UNNUMBERED } from "../../src/experiments/format.js";
import { parseJson } from "../../src/nn/io/json.js";
import type { Uses } from "./allowance.js";
import type { OpAccuracy } from "./measure.js";

/** The drivers that are measured, each in a process of its own: an adapter is chosen once for a process. */
export const DRIVERS = ["lavapipe", "swiftshader"] as const;

/** An op's worst errors, and what of WGSL's table its kernels use. */
export interface OpRow extends OpAccuracy {
  readonly uses: Uses;
}

export interface Measured extends CommonJson {
  readonly driver: string;
  readonly config: { readonly samples: number };
  /** Hashes of each op's kernels as they were measured. */
  readonly kernels: Readonly<Record<string, string>>;
  readonly rows: readonly OpRow[];
}

/** Where a driver's figures are kept, and those of the comparison with other libraries. */
export const resultFile = (driver: string): string => `bench/results/accuracy-${driver}.json`;
export const peersFile = (driver: string): string => `bench/results/accuracy-peers-${driver}.json`;

/** The figures of each driver. */
export const storedRuns = (): Measured[] => stored(resultFile);

/** Those of the comparisons on each driver. */
export const storedComparisons = (): ComparedRun[] => stored(peersFile);

function stored<T>(file: (driver: string) => string): T[] {
  return DRIVERS.map((driver) => readDocument<T>(file(driver)));
}

/** A document that a command wrote here by `--json`. Throws CheckpointError for one of a later format. */
export function readDocument<T>(path: string): T {
  const document = parseJson(readFileSync(path, "utf8")) as T & { readonly format?: number };
  checkFormat(path, "document of results", document.format ?? UNNUMBERED);
  return document;
}
