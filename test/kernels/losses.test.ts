// The losses on logits: where they are exactly zero, which side they pull on, and logits far apart.
import { beforeAll, describe, expect, it } from "vitest";
import { backward, type Device, grad, openDevice, scope, type Tensor, tensor } from "../../src/tensor/index.js";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});

const logits = (rows: number[][]): Tensor => tensor(rows).setRequiresGrad(true);

describe("symmetricKL", () => {
  it("of equal logits is exactly 0, and so is its gradient", async () => {
    const a = logits([
      [0.3, -2, 5],
      [1e4, 1e4, -7],
    ]);
    const y = a.symmetricKL(a.stopGradient());
    expect(Array.from(await y.data())).toEqual([0, 0]);
    const [g] = grad(y.sum(), [a]);
    expect(Array.from(await g.data(), Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("computes no gradient for the side behind stopGradient", async () => {
    const [a, b] = [logits([[1, 2, 3]]), logits([[3, 1, 0]])];
    const times = await device.profile(() => scope(() => backward(a.symmetricKL(b.stopGradient()).sum())));
    const labels = times.map(({ label }) => label);
    expect(labels.filter((label) => label.endsWith("Backward"))).toEqual(["symmetricKLBackward"]);
    expect(b.grad).toBeNull();
  });
});

describe("logits of ±10⁴", () => {
  const far = [
    [1e4, -1e4, 0],
    [-1e4, -1e4, -1e4],
  ];

  it("have the entropies 0 and ln 3, with no gradient", async () => {
    const a = logits(far);
    const y = a.softmaxEntropy();
    const [first, second] = await y.data();
    expect(first).toBe(0);
    expect(second).toBeCloseTo(Math.log(3), 6);
    const [g] = grad(y.sum(), [a]);
    for (const v of await g.data()) expect(Math.abs(v)).toBeLessThan(1e-6);
  });

  it("diverge by the difference of their log-probabilities", async () => {
    const [a, b] = [logits([[1e4, -1e4]]), logits([[-1e4, 1e4]])];
    expect(Array.from(await a.klDivergence(b).data())).toEqual([2e4]);
    expect(Array.from(await a.symmetricKL(b).data())).toEqual([4e4]);
  });

  it("keep the digits of second derivatives", async () => {
    const [a, b] = [tensor([[1e4, 9990, -1e4]]), tensor([[-1e4, 0, 1e4]])];
    const g = tensor([1]).setRequiresGrad(true);
    const onFirst = tensor([[1, 0, 0]]);
    const q = 1 / (1 + Math.exp(10));
    const want = (1 - q) * q * 10010; // p₀ p₁ (a₀ − a₁ − (b₀ − b₁)); KL is 20,000, and rounds to 2⁻¹⁰
    const [one] = grad(g.klDivergenceBackward(a, b, 1).mul(onFirst).sum(), [g]);
    expect(Math.abs((await one.item()) - want)).toBeLessThan(1e-6);
    const [both] = grad(g.symmetricKLBackward(a, b, 1).mul(onFirst).sum(), [g]); // and p₀ − q₀
    expect(Math.abs((await both.item()) - (want + 1 - q))).toBeLessThan(1e-6);
  });
});

describe("crossEntropy", () => {
  it("has the gradient of logSoftmax followed by nllLoss", async () => {
    const rows = [
      [0.2, -1, 3],
      [1, 1, 0],
      [5, 2, -2],
    ];
    const target = tensor(new Int32Array([2, -100, 1]));
    const [a, b] = [logits(rows), logits(rows)];
    const [fused] = grad(a.crossEntropy(target), [a]);
    const [composed] = grad(b.logSoftmax().nllLoss(target), [b]);
    const want = await composed.data();
    for (const [i, v] of (await fused.data()).entries()) expect(Math.abs(v - want[i])).toBeLessThan(1e-6);
    expect(Array.from(want.slice(3, 6), Math.abs)).toEqual([0, 0, 0]); // the ignored row
  });
});
