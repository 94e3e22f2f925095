// A frozen answer: every method's `predict` gives what its next step would return, and learns nothing from it.
import { beforeAll, expect, test } from "vitest";
import { DigitsNet } from "../../src/nn/index.js";
import { memory, openDevice, Rng, tensor } from "../../src/tensor/index.js";
import { createMethod, METHODS } from "../../src/zerosiam/methods/index.js";

beforeAll(async () => {
  await openDevice();
});

test.each(METHODS)("%s answers as its next step will, and stays as it is", async (name) => {
  const rng = new Rng(3);
  const images = tensor(
    Float32Array.from({ length: 4 * 784 }, () => rng.uniform()),
    [4, 1, 28, 28],
  );
  const method = createMethod(name, new DigitsNet({ rng: new Rng(1) }), { lr: 0.01 });
  await method.step(images).metrics.read();
  const values = () => Promise.all([...method.state().values()].map(async (t) => [...(await t.data())]));
  const before = await values();
  const live = memory().tensors;
  const answer = method.predict(images);
  expect(memory().tensors).toBe(live + 1);
  const predicted = [...(await answer.data())];
  expect(await values()).toEqual(before);
  expect([...(await method.step(images).logits.data())]).toEqual(predicted);
});
