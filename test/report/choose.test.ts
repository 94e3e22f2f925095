// What a report shows of a sweep: the rate that validation chose, and variants of a method by name.
import { expect, test } from "vitest";
import { chooseGroups, nameVariants, shownPart } from "../../src/report/choose.js";
import { methodLabel } from "../../src/report/format.js";
import { groupCells } from "../../src/report/group.js";
import { cell } from "./cells.js";

const tent = (part: "validation" | "test", lr: number, accuracy: number) =>
  cell({ method: "tent", part, lr }, accuracy);
const chosenOf = (...cells: ReturnType<typeof cell>[]) =>
  chooseGroups(groupCells(cells)).map(({ setting: { method, part, lr } }) => [method, part, lr]);

test("the test part is shown at the rate that is best on validation, not at its own best", () => {
  const swept = [tent("validation", 1e-4, 0.6), tent("validation", 1e-3, 0.7), tent("validation", 1e-2, 0.5)];
  const tested = [tent("test", 1e-4, 0.9), tent("test", 1e-3, 0.6)];
  expect(chosenOf(...swept, ...tested, cell({}, 0.6))).toEqual([
    ["tent", "test", 1e-3],
    ["source", "test", null],
  ]);
  expect(chosenOf(...swept)).toEqual([["tent", "validation", 1e-3]]);
});

test("equal rates go to the lower, and several rates without validation to none", () => {
  expect(chosenOf(tent("validation", 1e-2, 0.6), tent("validation", 1e-3, 0.6))).toEqual([
    ["tent", "validation", 1e-3],
  ]);
  expect(chosenOf(tent("test", 1e-4, 0.9), tent("test", 1e-3, 0.6))).toEqual([]);
  expect(chosenOf(tent("test", 1e-4, 0.9))).toEqual([["tent", "test", 1e-4]]);
  expect(shownPart(groupCells([tent("validation", 1e-3, 0.5)]))).toBe("validation");
});

test("what was varied is in the name: options, and the predictor's rate by its ratio", () => {
  const zerosiam = (options: object) =>
    cell({ method: "zerosiam", lr: 1e-3, lrPredictor: 1e-2, limit: 5, ...options }, 0.6);
  const cells = [zerosiam({}), zerosiam({ alpha: 0 }), zerosiam({ lrPredictor: 1e-3 }), tent("test", 1e-3, 0.6)];
  const names = nameVariants(groupCells(cells)).map(({ setting }) => methodLabel(setting.method));
  expect(names).toEqual([
    "ZeroSiam, predictor’s rate × 10",
    "ZeroSiam, alpha 0, predictor’s rate × 10",
    "ZeroSiam, predictor’s rate × 1",
    "Tent",
  ]);
});
