// Two hundred steps, hardly one with the buffers of another: nothing grows. `npm run soak` takes thousands.
import { afterAll, expect, test } from "vitest";
import { openDevice } from "../../src/tensor/index.js";
import { nativeOfSelf } from "./lib/native.js";
import { Soak } from "./lib/soak.js";
import { growth } from "./lib/verdict.js";

afterAll(async () => {
  await openDevice();
});

/** Only Linux tells; live objects are counted everywhere. */
const native = () => (process.platform === "linux" ? nativeOfSelf() : { maps: 0, rss: 0 });

test("mappings, memory and live objects are flat", async () => {
  const device = await openDevice({});
  const soak = new Soak("small");
  const warm = { ...(await soak.run(150)), ...native() };
  const end = { ...(await soak.run(50)), ...native() };
  soak.dispose();
  device.destroy();
  expect(end.bindGroups - warm.bindGroups).toBeGreaterThan(2000); // there is something to collect
  expect(growth([warm, end])).toEqual([]);
});
