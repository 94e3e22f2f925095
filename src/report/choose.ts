// What a report shows of a sweep: each method's variants by name, and of each the rate that validation chooses.
import type { CellSetting } from "../experiments/sweep/cell.js";
import { type Group, overSeeds } from "./group.js";
import { accuracy } from "./text/cellTables.js";

/** What a method may be run with and still be the same in a table. */
const APART = new Set(["model", "method", "stream", "part", "seed", "lr", "lrPredictor"]);

/**
 * The groups, whose methods' names tell apart what was tried of one method on one stream: "zerosiam, alpha 0.5" beside
 * "zerosiam". A predictor's rate counts by its ratio to the norms'.
 */
export function nameVariants(groups: readonly Group[]): Group[] {
  return groups.map((group): Group => {
    const { method, stream, part } = group.setting;
    const like = groups.filter((other) => isOf(other, { method, stream, part })).map(({ setting }) => options(setting));
    const own = options(group.setting);
    const varied = Object.keys(own).filter((key) => new Set(like.map((one) => one[key])).size > 1);
    const name = [method, ...varied.map((key) => `${key} ${own[key]}`)].join(", ");
    return { ...group, setting: { ...group.setting, method: name } };
  });
}

function options(setting: CellSetting): Record<string, unknown> {
  const { lr, lrPredictor } = setting;
  const ratio = lr && lrPredictor !== null ? { "predictor’s rate ×": Number((lrPredictor / lr).toPrecision(3)) } : {};
  return { ...Object.fromEntries(Object.entries(setting).filter(([key]) => !APART.has(key))), ...ratio };
}

function isOf({ setting }: Group, wanted: Partial<CellSetting>): boolean {
  return Object.entries(wanted).every(([key, value]) => setting[key] === value);
}

/**
 * Of each method on each stream one group: the rate of the best mean accuracy on the validation part, equal ones the lower;
 * of the test part where there is any. Left out is what has several rates and no validation to choose by.
 */
export function chooseGroups(groups: readonly Group[]): Group[] {
  const part = shownPart(groups);
  const shown = groups.filter((group) => isOf(group, { part }));
  const entries = new Map(shown.map(({ setting: { method, stream } }) => [`${method} ${stream}`, { method, stream }]));
  return [...entries.values()].flatMap((entry): Group[] => {
    const candidates = shown.filter((group) => isOf(group, entry));
    if (candidates.length === 1) return candidates;
    const [best] = groups
      .filter((group) => isOf(group, { ...entry, part: "validation" }))
      .sort((a, b) => level(b) - level(a) || (a.setting.lr ?? 0) - (b.setting.lr ?? 0));
    const { lr, lrPredictor } = best?.setting ?? {};
    return best ? candidates.filter((group) => isOf(group, { lr, lrPredictor })) : [];
  });
}

/** The part that a report's figures are of. */
export function shownPart(groups: readonly Group[]): CellSetting["part"] {
  return groups.some((group) => isOf(group, { part: "test" })) ? "test" : "validation";
}

function level(group: Group): number {
  return overSeeds(group, accuracy)?.mean ?? Number.NEGATIVE_INFINITY;
}
