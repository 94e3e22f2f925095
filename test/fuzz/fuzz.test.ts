// Random programs against the references: a reduced pass of `npm run fuzz`, always the same programs.
import { expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { openDevice } from "../../src/tensor/index.js";
import { fuzz } from "./lib/check.js";

it("a hundred random programs give the references' values and gradients", async () => {
  const { tally, failure } = await fuzz(await openDevice(), { runs: 100, seed: 1 });
  expect(failure && `seed ${failure.seed}, path ${failure.path}\n\n${failure.report}`).toBeNull();
  expect(tally.ops.size).toBeGreaterThan(OPS.length / 2);
  expect(tally.sharp).toBeGreaterThan(20);
});
