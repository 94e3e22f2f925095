// What the json of fixtures must be like: checked where it is read, so that no comparison meets what it does not expect.
import { readDocument } from "../nn/io/whole.js";
import { CheckpointError } from "../tensor/index.js";

/** Whether a value is of a kind. */
export type Check = (value: unknown) => boolean;

export const isText: Check = (value) => typeof value === "string";
export const isFlag: Check = (value) => typeof value === "boolean";
export const isNumber: Check = (value) => typeof value === "number";
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;
export const isRecord: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isNull: Check = (value) => value === null;

export const listOf =
  (check: Check, min = 0): Check =>
  (value) =>
    Array.isArray(value) && value.length >= min && value.every(check);
/** Of an object that stands for a dictionary. */
export const recordOf =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value as object).every(check);
export const either =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

/** |got − want| ≤ atol + rtol · |want|: two numbers that are not negative. */
export const isTolerance: Check = (value) => {
  const { rtol, atol } = Object(value) as Record<string, unknown>;
  return [rtol, atol].every((x) => Number.isFinite(x) && (x as number) >= 0);
};

/** The json at `path`. Throws CheckpointError where there is none. */
export const readFixture = (path: string): Promise<unknown> => readDocument(path, "fixtures are JSON documents");

/** Throws CheckpointError for a fixture that names another format than `known`, or any; one without a name is of the first. */
export function checkFixtureFormat(where: string, fixture: unknown, known?: string): void {
  const { format } = Object(fixture) as { format?: unknown };
  if (format === undefined || format === known) return;
  throw new CheckpointError(
    `${where}: of format ${shown(format)}; this release reads ${known ?? "fixtures that name none"}`,
    "a later release may read it: update zerosiam",
  );
}

/** Throws CheckpointError naming the first field of `value` that is not of its kind; one that may be left out is undefined. */
export function checkFields(
  where: string,
  value: unknown,
  fields: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): void {
  const help = "fixtures are described in their README; a file that was changed by hand may no longer fit";
  if (!isRecord(value)) throw new CheckpointError(`${where}: is ${shown(value)}, not an object`, help);
  const own = new Map(Object.entries(value as object));
  for (const [name, check] of Object.entries({ ...fields, ...optional })) {
    const given = own.get(name);
    if (given === undefined && !Object.hasOwn(fields, name)) continue;
    if (given === undefined) throw new CheckpointError(`${where}: no ${name}`, help);
    if (!check(given)) throw new CheckpointError(`${where}: ${name} is ${shown(given)}`, help);
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
