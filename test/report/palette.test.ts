// Every method has a name for people, and a colour and dash of its own.
import { expect, it } from "vitest";
import { methodLabel } from "../../src/report/format.js";
import { look } from "../../src/report/palette.js";
import { METHODS } from "../../src/zerosiam/methods/index.js";

it("names and draws all methods, no two alike", () => {
  const labels = METHODS.map(methodLabel);
  expect(labels.filter((label) => METHODS.includes(label))).toEqual([]);
  expect(new Set(labels).size).toBe(METHODS.length);
  expect(new Set(METHODS.map((name) => JSON.stringify(look(name, 0)))).size).toBe(METHODS.length);
});
