// That `npm run test:unit` finds no adapter: so that what passes there needs none.
import { expect, test } from "vitest";
import { DeviceError, openDevice } from "../../src/tensor/index.js";

test("no device opens", async () => {
  await expect(openDevice()).rejects.toThrow(DeviceError);
});
