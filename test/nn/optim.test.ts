// Optimisers against PyTorch's rules written out in float64.
import { beforeAll, describe, expect, test } from "vitest";
import { Adam, AdamW, type Optimizer, Parameter, SGD } from "../../src/nn/index.js";
import { CheckpointError, ConfigError, keep, memory, openDevice, tensor } from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

const START = [0.5, -1.25, 2];
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.5, 0],
  [0.7, 0.01, -0.9],
];
// Three steps of a handful of f32 roundings each, on values of a few units.
const CLOSE = 6;

const parameter = () => new Parameter(tensor(START));

async function run(make: (parameters: Map<string, Parameter>) => Optimizer): Promise<number[]> {
  const p = parameter();
  const optimizer = make(new Map([["p", p]]));
  for (const gradient of GRADIENTS) {
    p.grad = keep(tensor(gradient));
    optimizer.step();
    optimizer.zeroGrad();
  }
  return [...(await p.data())];
}

function expectClose(got: number[], want: number[]): void {
  for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, CLOSE);
}

describe("SGD", () => {
  test.each([
    [false, 0],
    [true, 0],
    [false, 0.01],
    [true, 0.01],
  ])("with momentum, nesterov %s, weight decay %d", async (nesterov, weightDecay) => {
    const want = START.map((start, i) => {
      let p = start;
      let v = 0;
      for (const gradient of GRADIENTS) {
        const g = gradient[i] + weightDecay * p;
        v = 0.9 * v + g;
        p -= 0.1 * (nesterov ? g + 0.9 * v : v);
      }
      return p;
    });
    expectClose(await run((ps) => new SGD(ps, { lr: 0.1, momentum: 0.9, nesterov, weightDecay })), want);
  });
});

describe.each([
  ["Adam", Adam, false],
  ["AdamW", AdamW, true],
] as const)("%s", (_, Kind, decoupled) => {
  test("follows the bias-corrected moments", async () => {
    const [b1, b2, eps, lr, weightDecay] = [0.9, 0.99, 1e-8, 0.05, 0.1];
    const want = START.map((start, i) => {
      let [p, m, v] = [start, 0, 0];
      for (const [t, gradient] of GRADIENTS.entries()) {
        if (decoupled) p -= lr * weightDecay * p;
        const g = gradient[i] + (decoupled ? 0 : weightDecay * p);
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        p -= (lr * m) / (1 - b1 ** (t + 1)) / (Math.sqrt(v / (1 - b2 ** (t + 1))) + eps);
      }
      return p;
    });
    expectClose(await run((ps) => new Kind(ps, { lr, betas: [b1, b2], eps, weightDecay })), want);
  });

  test("does not count a step that was refused", async () => {
    const p = parameter();
    const optimizer = new Kind(new Map([["p", p]]), { lr: 0.1 });
    p.grad = keep(tensor([1, 1, 1]));
    optimizer.step(tensor(false));
    expect([...(await p.data())]).toEqual(START);
    expect(await optimizer.state().get("p.step")?.item()).toBe(0);
  });

  test("counts the steps of each parameter by itself: one that begins late is corrected as others are at first", async () => {
    const [early, late] = [new Parameter(tensor([1])), new Parameter(tensor([1]))];
    const optimizer = new Kind(new Map(Object.entries({ early, late })), { lr: 0.1, weightDecay: 0 });
    for (let step = 1; step <= 11; step++) {
      early.grad = keep(tensor([1]));
      if (step === 11) late.grad = keep(tensor([1]));
      optimizer.step();
      optimizer.zeroGrad();
    }
    expect(await late.item()).toBeCloseTo(0.9, CLOSE);
    expect(await early.item()).toBeCloseTo(-0.1, 5); // eleven roundings
    expect(await optimizer.state().get("late.step")?.item()).toBe(1);
    expect(await optimizer.state().get("early.step")?.item()).toBe(11);
  });

  test("takes the one count that earlier releases saved for every parameter's, and starts anew on reset", async () => {
    const [a, b] = [new Parameter(tensor([1])), new Parameter(tensor([1]))];
    const optimizer = new Kind(new Map(Object.entries({ a, b })), { lr: 0.1 });
    const moments = [...optimizer.state()].filter(([name]) => !name.endsWith(".step"));
    optimizer.loadState(new Map([...moments, ["step", tensor(7)]]));
    a.grad = keep(tensor([1]));
    optimizer.step();
    expect(await optimizer.state().get("a.step")?.item()).toBe(8);
    expect(await optimizer.state().get("b.step")?.item()).toBe(7);
    expect(() => optimizer.loadState(new Map(moments))).toThrow(CheckpointError);
    optimizer.reset();
    for (const name of ["a.step", "b.step"]) expect(await optimizer.state().get(name)?.item()).toBe(0);
  });
});

describe("every optimiser", () => {
  test("refuses settings that PyTorch refuses, and holds nothing", () => {
    const ps = new Map([["p", parameter()]]);
    const live = memory().tensors;
    expect(() => new SGD(ps, { lr: 0.1, momentum: -1 })).toThrow(ConfigError);
    expect(() => new SGD(ps, { lr: 0.1, nesterov: true })).toThrow(ConfigError);
    expect(() => new Adam(ps, { lr: 0.1, eps: Number.NaN })).toThrow(ConfigError);
    expect(() => new Adam(ps, { lr: 0.1, betas: [0.9, 1] })).toThrow(ConfigError);
    expect(() => new AdamW(ps, { lr: 0.1, weightDecay: -1 })).toThrow(ConfigError);
    for (const Kind of [SGD, Adam, AdamW]) {
      const slip = { lr: 0.1, weight_decay: 0.1 };
      expect(() => new Kind(ps, slip)).toThrow(`${Kind.name}: unknown option "weight_decay"`);
    }
    expect(memory().tensors).toBe(live);
  });

  test("takes a list of parameters, PyTorch's idiom, as it takes them by name", async () => {
    const byName = await run((parameters) => new SGD(parameters, { lr: 0.1, momentum: 0.9 }));
    const listed = await run((parameters) => new SGD([...parameters.values()], { lr: 0.1, momentum: 0.9 }));
    expect(listed).toEqual(byName);
    const p = parameter();
    expect([...new Adam([p], { lr: 0.1 }).state().keys()]).toContain("0.expAvg");
    expect(await run((parameters) => new AdamW([...parameters.values()], { lr: 0.1 }))).toEqual(
      await run((parameters) => new AdamW(parameters, { lr: 0.1, weightDecay: 0.01 })),
    );
  });

  test("takes a new rate at the next step, and refuses one that is negative or not finite", async () => {
    const p = parameter();
    const optimizer = new SGD(new Map([["p", p]]), { lr: 0.1 });
    optimizer.lr = 0;
    p.grad = keep(tensor([1, 1, 1]));
    optimizer.step();
    expect([...(await p.data())]).toEqual(START);
    for (const lr of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => (optimizer.lr = lr)).toThrow(ConfigError);
    expect(() => new SGD(new Map(), { lr: -0.1 })).toThrow(ConfigError);
  });

  test("refuses a state that does not fit, and keeps its own", async () => {
    const optimizer = new SGD(new Map([["p", parameter()]]), { lr: 0.1 });
    expect(() => optimizer.loadState(new Map([["p.momentum", tensor([1])]]))).toThrow(CheckpointError);
    expect([...((await optimizer.state().get("p.momentum")?.data()) ?? [])]).toEqual([0, 0, 0]);
  });
});
