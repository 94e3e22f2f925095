// What the generated tests are made of: titled checks of one op, which say what is wrong with it.
import type { Device } from "../../../src/tensor/index.js";

/** One check of one op; nothing is read but the op itself, so that a changed op can be checked too. */
export interface Check {
  readonly title: string;
  /** What is wrong, a string each; empty when all is well. */
  run(device: Device): readonly string[] | Promise<readonly string[]>;
}

/** `check` as vitest's `it.each` takes it. */
export const titled = (checks: readonly Check[]): [string, Check][] => checks.map((check) => [check.title, check]);
