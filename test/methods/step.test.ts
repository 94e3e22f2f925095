// What a method promises beside its mathematics: what it visits, guards, restores and frees.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BatchNorm2d, Classifier, DigitsNet, Linear } from "../../src/nn/index.js";
import {
  backward,
  ConfigError,
  DisposedError,
  DTypeError,
  memory,
  openDevice,
  Rng,
  ShapeError,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import {
  createMethod,
  Deyo,
  Eata,
  METHODS,
  Sar,
  Source,
  Tent,
  type TentOptions,
  ZeroSiam,
} from "../../src/zerosiam/methods/index.js";
import type { Predictor } from "../../src/zerosiam/predictor.js";

let model: DigitsNet;

beforeAll(async () => {
  await openDevice();
});

beforeEach(() => {
  model = new DigitsNet({ rng: new Rng(1) });
});

const BATCH = 4;
const pixels = (seed: number): Float32Array<ArrayBuffer> => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: BATCH * 28 * 28 }, () => rng.uniform());
};
const batch = (seed: number): Tensor => tensor(pixels(seed), [BATCH, 1, 28, 28]);

/** All values of a state, by name. */
async function snapshot(state: ReadonlyMap<string, Tensor>): Promise<Record<string, number[]>> {
  const entries = [...state].map(async ([name, t]): Promise<[string, number[]]> => [name, [...(await t.data())]]);
  return Object.fromEntries(await Promise.all(entries));
}

/** A state without DeYO's counter, which moves on with every batch. */
function withoutCounters({ "deyo.key": _, ...state }: Record<string, number[]>): Record<string, number[]> {
  return state;
}

describe("a step", () => {
  test("returns the logits from before the update", async () => {
    const before = [...(await model.forward(batch(1)).data())];
    const { logits } = new ZeroSiam(model, { lr: 0.1 }).step(batch(1));
    expect([...(await logits.data())]).toEqual(before);
    expect([...(await model.forward(batch(1)).data())]).not.toEqual(before);
  });

  test("changes norm parameters and the predictor, and nothing else", async () => {
    const before = await snapshot(model.stateDict());
    const method = new ZeroSiam(model, { lr: 0.1, lrPredictor: 0.1 });
    method.step(batch(1));
    const after = await snapshot(model.stateDict());
    const changed = Object.keys(before).filter((name) => String(before[name]) !== String(after[name]));
    expect(changed.every((name) => /^norm\d\.(weight|bias)$/.test(name))).toBe(true);
    expect(changed).toHaveLength(6);
    expect(await (method.predictor as Predictor).distance().item()).toBeGreaterThan(0);
  });

  test("measures the terms of its loss", async () => {
    const method = new ZeroSiam(model, { lr: 0.1, lrPredictor: 0.1, alpha: 0.5 });
    method.step(batch(1)).metrics.dispose();
    const { loss, onlineEntropy, alignment, predictorDistance, updated } = await method.step(batch(2)).metrics.read();
    expect(updated).toBe(true);
    expect(alignment).toBeGreaterThan(0);
    expect(predictorDistance).toBeGreaterThan(0);
    expect(loss).toBeCloseTo((onlineEntropy as number) + 0.5 * (alignment as number), 5); // one f32 product and sum
  });

  test("with a rate of 0 changes nothing", async () => {
    const before = await snapshot(model.stateDict());
    new ZeroSiam(model, { lr: 0, lrPredictor: 0 }).step(batch(1));
    expect(await snapshot(model.stateDict())).toEqual(before);
  });
});

/** Filters that let every sample through whose answer depends on its patches. */
const OPEN = { margin: 10, dMargin: 2, deyoMargin: 10, plpd: 0, recoverBelow: 0 };

describe.each(METHODS.filter((name) => !["source", "norm"].includes(name)))("%s", (name) => {
  test("a gradient that overflows changes nothing, and the metrics say so", async () => {
    const method = createMethod(name, model, { ...OPEN, lr: 0.1 });
    model.head.weight.assign(tensor(new Float32Array(640).fill(3e38), [10, 64])); // logits of ±∞: no finite gradient
    const before = await snapshot(method.state());
    expect((await method.step(batch(1)).metrics.read()).updated).toBe(false);
    expect(withoutCounters(await snapshot(method.state()))).toEqual(withoutCounters(before));
  });

  test("reset restores model, predictor and optimisers, so that the run repeats bit for bit", async () => {
    const method = createMethod(name, model, { ...OPEN, lr: 0.1 });
    const run = async () => {
      const logits: number[] = [];
      for (let i = 0; i < 3; i++) logits.push(...(await method.step(batch(i)).logits.data()));
      return logits;
    };
    const fresh = await snapshot(method.state());
    const first = await run();
    method.reset();
    expect(await snapshot(method.state())).toEqual(fresh);
    expect(await run()).toEqual(first);
  });

  test("a saved state resumes the run bit for bit", async () => {
    const method = createMethod(name, model, { ...OPEN, lr: 0.1 });
    method.step(batch(1));
    const saved = new Map([...method.state()].map(([key, t]): [string, Tensor] => [key, t.detach()]));
    const expected = [...(await method.step(batch(2)).logits.data()), ...(await method.step(batch(3)).logits.data())];
    const other = createMethod(name, new DigitsNet({ rng: new Rng(1) }), { ...OPEN, lr: 0.1 });
    other.loadState(saved);
    expect([...(await other.step(batch(2)).logits.data()), ...(await other.step(batch(3)).logits.data())]).toEqual(
      expected,
    );
  });
});

test("a state of Adam that an earlier release saved, with one count of steps, resumes the run bit for bit", async () => {
  const options = { optimizer: "adam", lr: 0.01 } as const;
  const method = createMethod("tent", model, options);
  method.step(batch(1));
  const saved = [...method.state()].map(([key, t]): [string, Tensor] => [key, t.detach()]);
  const counts = saved.filter(([key]) => key.endsWith(".step"));
  const prefix = counts[0][0].split(".").slice(0, 2).join(".");
  const old = new Map([...saved.filter((entry) => !counts.includes(entry)), [`${prefix}.step`, counts[0][1]]]);
  const expected = [...(await method.step(batch(2)).logits.data()), ...(await method.step(batch(3)).logits.data())];
  const other = createMethod("tent", new DigitsNet({ rng: new Rng(1) }), options);
  other.loadState(old);
  expect([...(await other.step(batch(2)).logits.data()), ...(await other.step(batch(3)).logits.data())]).toEqual(
    expected,
  );
});

// `npm run soak` takes thousands.
test.each(["tent", "zerosiam", "eata", "sar", "zerosiam-deyo"])(
  "%s: 200 steps hold no more memory than 20",
  async (name) => {
    const method = createMethod(name, model, { ...OPEN, lr: 1e-3 });
    const images = tensor(pixels(1).slice(0, 784), [1, 1, 28, 28]);
    const settled = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const { metrics } = method.step(images);
        if (i % 20 === 19) await metrics.read();
      }
      const { dispatches, submits, bindGroups, keptBindGroups, forgottenBindGroups, ...held } = memory();
      return { held, bindGroups };
    };
    const early = await settled(20);
    const late = await settled(180);
    expect(late.held).toEqual(early.held);
    // A step that repeats gets the same buffers and so needs no new bind groups, but for a few until its rounds have settled.
    expect(late.bindGroups - early.bindGroups).toBeLessThan(300);
  },
);

/** Without an affine normalisation layer: nothing to adapt. */
class PlainNet extends Classifier {
  readonly numFeatures = 1;
  readonly numClasses = 2;
  readonly norm = new BatchNorm2d(1, { affine: false });
  readonly head = new Linear(1, 2);

  features(images: Tensor): Tensor {
    return this.norm.forward(images).mean([2, 3]);
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

test("the source uses the running statistics, also of a model that was adapted before", () => {
  const net = new PlainNet();
  net.norm.useBatchStatistics = true;
  new Source(net);
  expect(net.norm.useBatchStatistics).toBe(false);
});

test("a gradient from before is not learned from", async () => {
  const run = async (stale: boolean) => {
    const net = new DigitsNet({ rng: new Rng(1) });
    if (stale) backward(net.forward(batch(9)).square().sum());
    const method = new ZeroSiam(net, { lr: 0.1 });
    method.step(batch(1));
    return snapshot(method.state());
  };
  expect(await run(true)).toEqual(await run(false));
});

describe("bad input", () => {
  test.each([
    ["an empty batch", [0, 1, 28, 28]],
    ["a missing batch dimension", [1, 28, 28]],
    ["a wrong channel count", [1, 3, 28, 28]],
    ["a size the model was not made for", [1, 1, 32, 32]],
  ])("%s is refused and changes nothing", async (_, shape) => {
    const method = new Tent(model, { lr: 0.1 });
    const before = await snapshot(method.state());
    const size = shape.reduce((a, b) => a * b, 1);
    const live = memory().tensors;
    const images = tensor(new Float32Array(size), shape);
    expect(() => method.step(images)).toThrow(ShapeError);
    images.dispose();
    expect(memory().tensors).toBe(live);
    expect(await snapshot(method.state())).toEqual(before);
  });

  test("images that are not f32, or were disposed, are refused and change nothing", async () => {
    const method = new ZeroSiam(model, { lr: 0.1 });
    const before = await snapshot(method.state());
    const live = memory().tensors;
    const integers = tensor(new Int32Array(784), [1, 1, 28, 28]);
    expect(() => method.step(integers)).toThrow(DTypeError);
    expect(() => method.step(integers)).toThrow('help: cast("f32")');
    integers.dispose();
    const gone = batch(1);
    gone.dispose();
    expect(() => method.step(gone)).toThrow(DisposedError);
    expect(memory().tensors).toBe(live);
    expect(await snapshot(method.state())).toEqual(before);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("a rate of %d is refused; nothing is frozen or held", (lr) => {
    const live = memory().tensors;
    expect(() => new Tent(model, { lr })).toThrow(ConfigError);
    expect(() => new Tent(model, { lr: 0, momentum: lr })).toThrow(ConfigError);
    expect(() => new ZeroSiam(model, { lr })).toThrow(ConfigError);
    expect(() => new ZeroSiam(model, { lr: 0, lrPredictor: lr })).toThrow(ConfigError);
    expect(() => new ZeroSiam(model, { lr: 0, momentum: lr })).toThrow(ConfigError);
    expect(() => new ZeroSiam(model, { lr: 0, alpha: lr })).toThrow(ConfigError);
    expect(memory().tensors).toBe(live);
    expect(model.training).toBe(true);
    expect(model.parameters().every((p) => p.requiresGrad)).toBe(true);
  });

  test("an unknown option is refused, with the one it must have meant; nothing is frozen or held", () => {
    const live = memory().tensors;
    const slip = <T extends object>(options: T) => ({ ...options, lerningRate: 1 });
    for (const Kind of [Tent, Sar, Eata, Deyo, ZeroSiam]) {
      expect(() => new Kind(model, slip({ lr: 0.1 }))).toThrow(/: unknown option "lerningRate"\n {2}help: .*, lr, /);
    }
    expect(() => new ZeroSiam(model, { ...{ lrPredicter: 1 }, lr: 0.1 })).toThrow(/did you mean lrPredictor\?/);
    expect(() => new Tent(model, undefined as unknown as TentOptions)).toThrow("Tent: options is undefined");
    expect(memory().tensors).toBe(live);
    expect(model.training).toBe(true);
  });

  test("an option that no method has is refused by name; one of another method is passed over", () => {
    const slip = { lr: 0.1, momentun: 0.5 };
    for (const name of METHODS) {
      expect(() => createMethod(name, model, slip)).toThrow(
        `${name}: unknown option "momentun"\n  help: did you mean momentum?`,
      );
    }
    const filtered = { lr: 0.1, filter: null } as TentOptions;
    expect(() => createMethod("zerosiam", model, filtered)).toThrow(/unknown option "filter"/);
    expect(createMethod("tent", model, { lr: 0.1, plpd: 0.3 }).name).toBe("tent");
  });

  test("a model without normalisation is refused; nothing is frozen or held", () => {
    const plain = new PlainNet();
    const live = memory().tensors;
    expect(() => new Tent(plain, { lr: 0.1 })).toThrow(ConfigError);
    expect(() => new ZeroSiam(plain, { lr: 0.1 })).toThrow(ConfigError);
    expect(memory().tensors).toBe(live);
    expect(plain.training).toBe(true);
    expect(plain.parameters().every((p) => p.requiresGrad)).toBe(true);
  });

  test("an unknown method names the known ones", () => {
    expect(() => createMethod("tnet", model, { lr: 0 })).toThrow(new RegExp(METHODS.join(", ")));
  });
});
