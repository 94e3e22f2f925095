// Optimiser steps: PyTorch's rule over several steps, and nothing at all where the flag is false.
import { beforeAll, describe, expect, it } from "vitest";
import { full, openDevice, type Tensor, tensor, zeros } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const flag = (value: boolean): Tensor => full([], Number(value), { dtype: "bool" });

describe("sgdStep", () => {
  it("follows v ← μ v + g, p ← p − lr v, from v = 0", async () => {
    const [momentum, lr] = [0.9, 0.125];
    let [p, v] = [tensor([1, -2, 3]), zeros([3])];
    const want = { p: [1, -2, 3], v: [0, 0, 0] };
    for (const gradient of [
      [1, 0, 2],
      [-1, 4, 0.5],
      [2, 2, 2],
    ]) {
      [p, v] = p.sgdStep(tensor(gradient), v, lr, flag(true), { momentum });
      want.v = want.v.map((old, i) => momentum * old + gradient[i]);
      want.p = want.p.map((old, i) => old - lr * want.v[i]);
    }
    for (const [i, got] of (await p.data()).entries()) expect(got).toBeCloseTo(want.p[i], 5);
    for (const [i, got] of (await v.data()).entries()) expect(got).toBeCloseTo(want.v[i], 5);
  });
});

it("looks at each of many tensors, whichever one is not finite", async () => {
  const [good, bad] = [tensor([1, 2]), tensor([1, Number.NaN])];
  const flags: number[] = [];
  for (let odd = 0; odd <= 16; odd++) {
    const [first, ...others] = Array.from({ length: 16 }, (_, i) => (i === odd ? bad : good));
    flags.push(await first.allFinite(others).item());
  }
  expect(flags).toEqual([...Array(16).fill(0), 1]);
});

describe("a false flag", () => {
  const bits = async (t: Tensor) => Array.from(new Uint32Array((await t.data()).buffer));

  it("leaves parameters and state bit for bit, whatever the gradient is", async () => {
    const state = () => tensor([0.1, -0, 3e-39, 1 / 0]);
    const bad = tensor([Number.NaN, 1 / 0, 1, 2]);
    const old = await bits(state());
    const outputs = [
      ...state().sgdStep(bad, state(), 0.1, flag(false), { momentum: 0.9 }),
      ...state().adamStep(bad, state(), state(), 0.1, 0, flag(false)),
    ];
    for (const output of outputs) expect(await bits(output)).toEqual(old);
  });

  it("comes from one gradient that is not finite", async () => {
    const finite = tensor([1, 2, 3]);
    expect(await finite.allFinite([finite]).item()).toBe(1);
    expect(await finite.allFinite([tensor([0, 1 / 0]), finite]).item()).toBe(0);
  });
});
