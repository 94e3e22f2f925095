// Batch norm over chosen rows: what a batch of these alone would give, without a change of shape.
import { beforeAll, describe, expect, test } from "vitest";
import { BatchNorm2d, Conv2d, ReLU, Sequential } from "../../src/nn/index.js";
import { noGrad, openDevice, Rng, type Tensor, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const net = () => {
  const rng = new Rng(4);
  const model = new Sequential(
    new Conv2d(2, 5, 3, { padding: 1, rng }),
    new BatchNorm2d(5),
    new ReLU(),
    new Conv2d(5, 3, 3, { rng }),
    new BatchNorm2d(3),
  );
  for (const [, part] of model.namedModules()) if (part instanceof BatchNorm2d) part.useBatchStatistics = true;
  return model;
};

const images = (): Tensor => {
  const rng = new Rng(5);
  return tensor(
    Float32Array.from({ length: 6 * 2 * 7 * 7 }, () => 3 * rng.normal() + 1),
    [6, 2, 7, 7],
  );
};

const forward = (model: Sequential, x: Tensor, chosen: readonly boolean[]) =>
  noGrad(() => BatchNorm2d.withRowMask(model, tensor([...chosen]), () => model.forward(x)));

describe.each([[[0, 2, 5]], [[3]], [[0, 1, 2, 3, 4, 5]]])("rows %j", (rows) => {
  test("equal the batch of these rows alone", async () => {
    const model = net();
    const x = images();
    const masked = forward(
      model,
      x,
      [0, 1, 2, 3, 4, 5].map((row) => rows.includes(row)),
    );
    const index = tensor(Int32Array.from(rows));
    const alone = noGrad(() => model.forward(x.indexSelect(index)));
    const got = await masked.indexSelect(index).data();
    // Two normalisations of sums over at most 294 values of a few units, taken in another order.
    for (const [i, want] of (await alone.data()).entries()) expect(Math.abs(got[i] - want)).toBeLessThan(2e-5);
  });
});

test("rows that are left out do not count, whatever they hold", async () => {
  const model = net();
  const chosen = [true, false, true, true, false, true];
  const wild = (await images().data()).map((v, i) =>
    chosen[Math.floor(i / 98)] ? v : 1e30,
  ) as Float32Array<ArrayBuffer>;
  const index = tensor(Int32Array.of(0, 2, 3, 5));
  const got = forward(model, tensor(wild, [6, 2, 7, 7]), chosen).indexSelect(index);
  expect([...(await got.data())]).toEqual([...(await forward(model, images(), chosen).indexSelect(index).data())]);
});

test("no row at all gives finite values, and the mask does not outlive the call", async () => {
  const model = net();
  const got = await forward(model, images(), Array(6).fill(false)).data();
  expect(got.every(Number.isFinite)).toBe(true);
  const before = await noGrad(() => net().forward(images())).data();
  expect(() => BatchNorm2d.withRowMask(model, tensor([true]), () => model.forward(tensor([1])))).toThrow();
  expect([...(await noGrad(() => model.forward(images())).data())]).toEqual([...before]);
});
