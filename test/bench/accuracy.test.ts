// The comparison of accuracy: it sees a library that is wrong, one that throws, and finds ours right at every edge.
import { beforeAll, expect, test } from "vitest";
import { type Comparison, compareAccuracy } from "../../bench/peers/accuracy/compare.js";
import type { AccuracyLibrary } from "../../bench/peers/accuracy/library.js";
import { zerosiamAccuracy as ours } from "../../bench/peers/accuracy/zerosiam.js";
import { openDevice } from "../../src/tensor/index.js";

/** Its exp is one hundredth too large and its sqrt throws; for NaN, and for square, it gives 0. */
const wrong: AccuracyLibrary = {
  name: "wrong",
  async run(one) {
    if (one.op === "sqrt") throw new Error("no roots\nat all");
    if (one.op !== "exp" && one.op !== "square") return null;
    const { y, gradients } = (await ours.run(one)) ?? { y: [], gradients: null };
    const factor = one.op === "exp" ? 1.01 : 0;
    return { y: Array.from(y, (v) => (Number.isNaN(v) ? 0 : factor * v)), gradients };
  },
};

let found: Comparison;
beforeAll(async () => {
  await openDevice();
  found = await compareAccuracy("test/fixtures/ops", ours, [wrong]);
});

test("only what a peer has is compared", () => {
  expect(Object.keys(found.cases).sort()).toEqual(["exp", "sqrt", "square"]);
  expect(found.cases.exp.zerosiam.cases).toBe(2);
});

test("a wrong result shows, and a right gradient beside it", () => {
  const { result, gradient, failures } = found.cases.exp.wrong;
  expect(result?.ulp).toBeGreaterThan(8e4); // a hundredth of 2²³
  expect(gradient).toEqual(found.cases.exp.zerosiam.gradient);
  expect(failures).toEqual([]);
});

test("what throws is told with its case", () => {
  expect(found.cases.sqrt.wrong).toEqual({
    cases: 2,
    result: null,
    gradient: null,
    failures: ["sqrt_00: no roots", "sqrt_01: no roots"],
  });
});

test("a NaN lost and wrong values are counted at the edges", () => {
  expect(found.edges.exp.found.wrong).toMatchObject({ nanLost: 1, nanMade: 0 });
  expect(found.edges.square.found.wrong.wrong).toBe(10);
  expect(found.edges.sqrt.found.wrong.failure).toBe("no roots");
});

test("ours is right at every edge", () => {
  const standings = Object.entries(found.edges).map(([op, { found }]) => [op, found.zerosiam]);
  expect(
    standings.filter(([, standing]) => JSON.stringify(standing) !== '{"nanLost":0,"nanMade":0,"wrong":0}'),
  ).toEqual([]);
  expect(standings.length).toBeGreaterThan(20);
});
