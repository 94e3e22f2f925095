// SAM's climb, on a function whose gradient is known.
import { beforeAll, expect, test } from "vitest";
import { Parameter, sharpen } from "../../src/nn/index.js";
import { backward, openDevice, type Tensor, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const parameters = (): [Parameter, Parameter] => [new Parameter(tensor([3, 0])), new Parameter(tensor([4]))];
/** ½ Σ p²: its gradient is p, of length 5 here, and the worst point at distance ρ is p · (1 + ρ/5). */
const bowl = (own: readonly Tensor[]) =>
  own
    .map((p) => p.square().sum())
    .reduce((a, b) => a.add(b))
    .mul(0.5);

test("the gradient is that of the worst point nearby, and the parameters stay where they are", async () => {
  const own = parameters();
  const { worst, norm } = sharpen(own, 0.5, bowl(own), () => bowl(own));
  expect(await norm.item()).toBe(5);
  expect(await worst.item()).toBeCloseTo(12.5 * 1.1 ** 2, 5);
  expect([...(await own[0].data()), ...(await own[1].data())]).toEqual([3, 0, 4]);
  backward(worst);
  const gradients = [...((await own[0].grad?.data()) ?? []), ...((await own[1].grad?.data()) ?? [])];
  for (const [i, want] of [3.3, 0, 4.4].entries()) expect(gradients[i]).toBeCloseTo(want, 5);
});

test("without a gradient nothing moves, and nothing is NaN", async () => {
  const own = [new Parameter(tensor([0, 0]))];
  const { worst } = sharpen(own, 0.5, bowl(own), () => bowl(own));
  expect(await worst.item()).toBe(0);
});

test("the parameters are put back when the second pass fails", async () => {
  const own = parameters();
  const fail = () => {
    throw new Error("out of memory");
  };
  expect(() => sharpen(own, 0.5, bowl(own), fail)).toThrow("out of memory");
  expect([...(await own[0].data())]).toEqual([3, 0]);
  expect(own.every((p) => p.grad === null)).toBe(true);
});
