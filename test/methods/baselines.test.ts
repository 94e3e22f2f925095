// The baselines' stories: what selection, recovery, shuffling and anti-forgetting do beside their arithmetic.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DigitsNet } from "../../src/nn/index.js";
import { randomPermutations, shufflePatches } from "../../src/nn/patchShuffle.js";
import {
  backward,
  ConfigError,
  grad,
  memory,
  OutOfMemoryError,
  ones,
  openDevice,
  Rng,
  ShapeError,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import {
  type BatchLoss,
  createMethod,
  Deyo,
  DeyoFilter,
  Eata,
  fisherInformation,
  type MethodOptions,
  SAR_FROZEN,
  ZeroSiam,
} from "../../src/zerosiam/methods/index.js";

const BATCH = 6;
const LR = 0.1;
let model: DigitsNet;
let images: Tensor;

beforeAll(async () => {
  await openDevice();
});

beforeEach(() => {
  model = fresh();
  images = batch(1);
});

/** A net whose answers differ in certainty: its head is scaled up. */
function fresh(): DigitsNet {
  const net = new DigitsNet({ rng: new Rng(1) });
  net.head.weight.assign(net.head.weight.detach().mul(12));
  return net;
}

const batch = (seed: number): Tensor => {
  const rng = new Rng(seed);
  return tensor(
    Float32Array.from({ length: BATCH * 784 }, () => rng.uniform()),
    [BATCH, 1, 28, 28],
  );
};

const list = async (t: Tensor | null | undefined): Promise<number[]> => [...((await t?.data()) ?? [])];

async function values(state: ReadonlyMap<string, Tensor>): Promise<Record<string, number[]>> {
  return Object.fromEntries(
    await Promise.all([...state].map(async ([name, t]): Promise<[string, number[]]> => [name, await list(t)])),
  );
}

/** Lets every sample through whose answer depends on its patches at all. */
const OPEN: Partial<MethodOptions> = { margin: 10, deyoMargin: 10, dMargin: 2, plpd: 0, recoverBelow: 0 };
const SHUT: Partial<MethodOptions> = { margin: 0, deyoMargin: 0, recoverBelow: 0 };

/** A method made with `options`, in the state that `other` is in. */
function inStateOf(other: { state(): Map<string, Tensor> }, name: string, options: Partial<MethodOptions>) {
  const method = createMethod(name, fresh(), { lr: LR, ...options });
  method.loadState(new Map([...other.state()].map(([key, t]) => [key, t.detach()])));
  return method;
}

describe("a batch of which nothing is selected", () => {
  test.each(["eata", "deyo", "come-deyo", "zerosiam-eata", "zerosiam-deyo"])("%s: changes nothing", async (name) => {
    const open = createMethod(name, model, { lr: LR, ...OPEN });
    open.step(images);
    const method = inStateOf(open, name, SHUT);
    const before = await values(method.state());
    const report = await method.step(batch(2)).metrics.read();
    expect(report).toMatchObject({ updated: false, kept: 0, loss: null, onlineEntropy: null });
    const { "deyo.key": counter, ...after } = await values(method.state());
    expect(before).toMatchObject(after);
    expect(Object.keys(after).length).toBeGreaterThan(10);
    // Another shuffle next time: one that left the patches where they are would else be kept for good.
    if (counter) expect(counter[1]).toBe(before["deyo.key"][1] + 1);
  });

  test("SAR alone lets its momentum run on", async () => {
    const open = createMethod("sar", model, { lr: LR, ...OPEN });
    open.step(images);
    const method = inStateOf(open, "sar", SHUT);
    const before = await values(method.state());
    const report = await method.step(batch(2)).metrics.read();
    expect(report).toMatchObject({ updated: true, reliable: 0, kept: 0, loss: null, firstLoss: null });
    const after = await values(method.state());
    for (const [i, p] of before["model.norm2.bias"].entries()) {
      const v = 0.9 * before["optimizer.model.norm2.bias.momentum"][i];
      expect(after["model.norm2.bias"][i]).toBeCloseTo(p - LR * v, 6); // two f32 roundings of values below 1
    }
    expect(after["sar.average"]).toEqual(before["sar.average"]);
  });
});

describe("a masked loss is the loss of the samples alone", () => {
  /** The rows that a threshold between the third and fourth entropy lets through, and that threshold. */
  async function halfOf(logits: Tensor): Promise<{ rows: number[]; margin: number }> {
    const entropies = await list(logits.softmaxEntropy());
    const sorted = [...entropies].sort((a, b) => a - b);
    const margin = (sorted[2] + sorted[3]) / 2;
    return { rows: entropies.flatMap((h, i) => (h < margin ? [i] : [])), margin };
  }

  /** SGD's momentum after the first step of `name` against the gradient of `loss` on another such net. */
  async function compare(name: string, options: Partial<MethodOptions>, loss: (net: DigitsNet) => Tensor) {
    const method = createMethod(name, model, { lr: LR, ...options });
    method.step(images);
    const net = fresh();
    const parameters = [...net.namedParameters()].filter(([key]) => key.startsWith("norm"));
    const wanted = grad(
      loss(net),
      parameters.map(([, parameter]) => parameter),
    );
    for (const [i, [key]] of parameters.entries()) {
      const got = await list(method.state().get(`optimizer.model.${key}.momentum`));
      const want = await list(wanted[i]);
      const largest = Math.max(...want.map(Math.abs));
      // The same terms summed in another order: at most 784 · 3 of them.
      for (const [k, value] of want.entries()) expect(Math.abs(got[k] - value)).toBeLessThan(1e-4 * largest);
    }
  }

  test("EATA", async () => {
    const { rows, margin } = await halfOf(model.forward(images));
    expect(rows).toHaveLength(3);
    await compare("eata", { margin }, (net) => {
      const h = net.forward(images.indexSelect(tensor(Int32Array.from(rows)))).softmaxEntropy();
      return h.mul(h.detach().neg().add(margin).exp()).mean();
    });
  });

  test("SAR without a climb", async () => {
    const { rows, margin } = await halfOf(model.forward(images));
    await compare("sar", { margin, rho: 0, recoverBelow: 0 }, (net) =>
      net
        .forward(images.indexSelect(tensor(Int32Array.from(rows))))
        .softmaxEntropy()
        .mean(),
    );
  });

  test("DeYO, which shuffles the patches of these alone", async () => {
    const { rows, margin: deyoMargin } = await halfOf(model.forward(images));
    const orders = randomPermutations(tensor(Uint32Array.of(3, 4)), BATCH, 16);
    const chosen = tensor(Int32Array.from(rows));
    const some = images.indexSelect(chosen);
    const before = await list(model.forward(some).softmax());
    const after = await list(model.forward(shufflePatches(some, 4, orders.indexSelect(chosen))).softmax());
    const falls = rows.map((_, i) => {
      const row = before.slice(10 * i, 10 * i + 10);
      const label = row.indexOf(Math.max(...row));
      return row[label] - after[10 * i + label];
    });
    const [first, second] = [...falls].sort((a, b) => a - b);
    const plpd = (first + second) / 2;
    expect(plpd).toBeGreaterThan(0);
    const kept = rows.filter((_, i) => falls[i] > plpd);
    expect(kept.length).toBe(2);
    await compare("deyo", { deyoMargin, plpd, permutations: () => orders.detach() }, (net) => {
      const h = net.forward(images.indexSelect(tensor(Int32Array.from(kept)))).softmaxEntropy();
      const margin = 0.4 * Math.log(10);
      const weights = tensor(falls.filter((fall) => fall > plpd).map(Math.exp));
      return h.mul(h.detach().neg().add(margin).exp().add(weights)).mean();
    });
  });
});

describe("backward visits", () => {
  /** The ops visited on the way back from a method's loss, in order. */
  function visited({ loss }: BatchLoss): string {
    const names: string[] = [];
    backward(loss as Tensor, { onVisit: ({ op }) => names.push(op.name) });
    return names.join(" ");
  }

  test("neither EATA's weights nor its average", () => {
    class Probe extends Eata {
      look = () => this.computeLoss(images);
    }
    expect(visited(new Probe(model, { lr: LR, margin: 10, dMargin: 2 }).look())).toMatchInlineSnapshot(
      `"div sum mul softmaxEntropy linear mean relu groupNorm conv2d maxPool2d relu groupNorm conv2d maxPool2d relu groupNorm"`,
    );
  });

  test("neither DeYO's weights nor its second pass", () => {
    class Probe extends Deyo {
      look = () => this.computeLoss(images);
    }
    expect(visited(new Probe(model, { lr: LR, margin: 10, deyoMargin: 10, plpd: 0 }).look())).toMatchInlineSnapshot(
      `"div sum mul softmaxEntropy linear mean relu groupNorm conv2d maxPool2d relu groupNorm conv2d maxPool2d relu groupNorm"`,
    );
  });

  test("not the target branch of ZeroSiam: the online head, the predictor and the backbone, each once", () => {
    class Probe extends ZeroSiam {
      look = () => this.computeLoss(images);
    }
    expect(visited(new Probe(model, { lr: LR }).look())).toMatchInlineSnapshot(
      `"add mul mean symmetricKL mean softmaxEntropy linear linear mean relu groupNorm conv2d maxPool2d relu groupNorm conv2d maxPool2d relu groupNorm"`,
    );
  });

  test("not the target branch of ZeroSiam with DeYO's selection either", () => {
    class Probe extends ZeroSiam {
      look = () => this.computeLoss(images);
    }
    const filter = new DeyoFilter(model, OPEN);
    expect(visited(new Probe(model, { lr: LR, filter }).look())).toMatchInlineSnapshot(
      `"add mul div sum mul symmetricKL div sum mul softmaxEntropy linear linear mean relu groupNorm conv2d maxPool2d relu groupNorm conv2d maxPool2d relu groupNorm"`,
    );
  });
});

describe("SAR", () => {
  test("recovers where the average falls below the threshold, and counts it", async () => {
    const method = createMethod("sar", model, { lr: LR, ...OPEN, recoverBelow: 100 });
    const before = await values(method.state());
    const report = await method.step(images).metrics.read();
    expect(report.recoveries).toBe(1);
    const after = await values(method.state());
    for (const name of Object.keys(before).filter((key) => key.startsWith("model."))) {
      expect(after[name]).toEqual(before[name]);
    }
    expect(after["optimizer.model.norm1.bias.momentum"]).not.toEqual(before["optimizer.model.norm1.bias.momentum"]);
    expect(after["sar.average"]).toEqual([report.average]);
  });

  test("a clean recovery clears the momentum and the average too", async () => {
    const method = createMethod("sar", model, { lr: LR, ...OPEN, recoverBelow: 100, cleanReset: true });
    const before = await values(method.state());
    expect((await method.step(images).metrics.read()).average).toBeGreaterThan(0);
    expect(await values(method.state())).toEqual({ ...before, "sar.recoveries": [1] });
  });

  test.each(["layer4.0.bn1", "model.layer4.1.bn2", "blocks.9.norm1", "blocks.10.norm2", "blocks.11.norm1", "norm"])(
    "leaves %s alone",
    (path) => expect(path).toMatch(SAR_FROZEN),
  );

  test.each([
    "bn1",
    "norm1",
    "layer3.0.bn1",
    "layer40.bn1",
    "blocks.1.norm1",
    "blocks.8.norm2",
    "blocks.90.norm",
    "x.norm",
  ])("adapts %s", (path) => expect(path).not.toMatch(SAR_FROZEN));

  test("adapts what is not frozen, and refuses a model of which nothing is left", () => {
    const method = createMethod("sar", model, { lr: LR, frozen: /^norm[12]$/ });
    const adapted = [...method.state().keys()].filter((name) => name.startsWith("model."));
    expect(adapted).toEqual(["model.norm3.weight", "model.norm3.bias"]);
    method.dispose();
    expect(() => createMethod("sar", model, { lr: LR, frozen: /^norm[123]$/g })).toThrow("beside those of");
    expect(() => createMethod("sar", model, { lr: LR, frozen: /norm/ })).toThrow("beside those of /norm/");
  });
});

describe("EATA", () => {
  test("anti-forgetting holds the parameters where the clean data want them", async () => {
    const norms = [...model.namedParameters()].filter(([name]) => name.startsWith("norm"));
    const fisher = new Map(norms.map(([name, { shape }]) => [name, ones(shape)]));
    const far = async (fisherAlpha: number) => {
      const net = fresh();
      const method = createMethod("eata", net, { lr: 1e-3, momentum: 0, ...OPEN, fisher, fisherAlpha });
      const start = await list(net.norm3.bias);
      for (let i = 0; i < 8; i++) method.step(images);
      const end = await list(net.norm3.bias);
      return Math.hypot(...end.map((v, i) => v - start[i]));
    };
    expect(await far(100)).toBeLessThan(0.7 * (await far(0)));
  });

  describe("Fisher information", () => {
    const norms = (net: DigitsNet) => [...net.namedParameters()].filter(([name]) => name.startsWith("norm"));
    /** The gradient of the mean cross-entropy to the answers, by parameter. */
    const gradients = async (net: DigitsNet, some: Tensor): Promise<number[][]> => {
      const logits = net.forward(some);
      const parameters = norms(net).map(([, parameter]) => parameter);
      return Promise.all(grad(logits.crossEntropy(logits.argmax(-1)), parameters).map(list));
    };

    test("of a small last batch weighs by its images, as if all had come in batches of one size", async () => {
      const net = fresh();
      const parts = [
        [0, 4],
        [4, 6],
      ].map(([from, to]) => images.slice([[from, to]]));
      const [large, small] = await Promise.all(parts.map((part) => gradients(net, part)));
      const information = [...fisherInformation(net, parts).values()];
      for (const [i, got] of (await Promise.all(information.map(list))).entries()) {
        const want = got.map((_, k) => ((4 * large[i][k]) ** 2 + (2 * small[i][k]) ** 2) / (6 * 4));
        const largest = Math.max(...want);
        for (const [k, value] of want.entries()) expect(Math.abs(got[k] - value)).toBeLessThan(1e-5 * largest); // f32 sums
      }
    });

    test("is held with the weight of the recipe that the margin comes from", async () => {
      const fisher = new Map(norms(fresh()).map(([name, { shape }]) => [name, ones(shape)]));
      const reached = async (options: Partial<MethodOptions>) => {
        const method = createMethod("eata", fresh(), { lr: 1e-3, fisher, margin: 10, dMargin: 2, ...options });
        for (let i = 0; i < 3; i++) method.step(batch(i));
        return values(method.state());
      };
      const cifar = await reached({ fisherAlpha: 1 });
      expect(await reached({})).toEqual(cifar);
      expect(await reached({ fisherAlpha: 2000 })).not.toEqual(cifar);
    });
  });

  test("refuses information that is missing or does not fit, and none of no batches", () => {
    const fisher = new Map([["norm1.weight", tensor([1, 2])]]);
    expect(() => createMethod("eata", model, { lr: LR, fisher })).toThrow(/norm1.weight is f32\[2\], not f32\[16\]/);
    expect(() => createMethod("eata", model, { lr: LR, fisher: new Map() })).toThrow(/norm1.weight is missing/);
    expect(() => fisherInformation(model, [])).toThrow(ConfigError);
  });
});

describe("patches", () => {
  test("random permutations are permutations, every one as likely", async () => {
    const rows = 3000;
    const orders = await list(randomPermutations(tensor(Uint32Array.of(5, 0)), rows, 3));
    const counts = new Map<string, number>();
    for (let i = 0; i < rows; i++) {
      const key = String(orders.slice(3 * i, 3 * i + 3));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["0,1,2", "0,2,1", "1,0,2", "1,2,0", "2,0,1", "2,1,0"]);
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - rows / 6) ** 2 / (rows / 6), 0);
    expect(chiSquare).toBeLessThan(20.5); // 99.9 % of five degrees of freedom
  });

  test.each(["deyo", "come-deyo", "zerosiam-deyo"])(
    "of %s are refused where an image has fewer pixels, before their shuffles are drawn",
    async (name) => {
      for (const patches of [29, 64]) {
        const model = fresh();
        const method = createMethod(name, model, { lr: LR, patches });
        const step = () => method.step(images);
        expect(step).toThrow(ShapeError);
        expect(step).toThrow(`have no ${patches} × ${patches} patches\n  help: choose fewer patches`);
        method.dispose();
      }
    },
  );

  test("that a function of the batch gives are looked at", () => {
    for (const given of [undefined, 3, Promise.resolve(tensor([1]))]) {
      const permutations = () => given as unknown as Tensor;
      const method = createMethod("deyo", fresh(), { lr: LR, permutations });
      expect(() => method.step(images)).toThrow(/^shufflePatches: permutation is (undefined|3|a promise)/);
    }
  });

  test("more pairs of patches than fit the memory are refused", () => {
    expect(() => randomPermutations(tensor(Uint32Array.of(5, 0)), 2, 1e5)).toThrow(OutOfMemoryError);
  });

  test("each step shuffles anew, and the same seed shuffles alike", async () => {
    const key = async (seed: number, steps: number) => {
      const method = createMethod("deyo", fresh(), { lr: LR, ...OPEN, seed });
      for (let i = 0; i < steps; i++) method.step(images);
      return list(method.state().get("deyo.key"));
    };
    const [seed, first] = await key(3, 0);
    expect(await key(3, 2)).toEqual([seed, first + 2]);
    expect(await key(4, 0)).not.toEqual([seed, first]);
  });

  test("are put where the order says", async () => {
    const picture = tensor(
      Float32Array.from({ length: 16 }, (_, i) => i),
      [1, 1, 4, 4],
    );
    const order = tensor(Int32Array.of(1, 0, 3, 2), [1, 4]);
    expect(await list(shufflePatches(picture, 2, order))).toEqual([
      2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13,
    ]);
  });

  test("that do not divide the image are those of a smaller one, made as large again", async () => {
    // Rows 0 1 2 of a picture that does not change along its columns, to two rows and back, as torchvision's Resize does:
    // new rows are (5 · 0 + 3 · 1) / 8 and (3 · 1 + 5 · 2) / 8 by triangles of 1.5 rows; the middle is their mean.
    const picture = tensor(Float32Array.of(0, 0, 1, 1, 2, 2), [1, 1, 3, 2]);
    const [low, high] = [0.375, 1.625];
    const stay = tensor(Int32Array.of(0, 1, 2, 3), [1, 4]);
    expect(await list(shufflePatches(picture, 2, stay))).toEqual([low, low, 1, 1, high, high]);
    const turn = tensor(Int32Array.of(2, 3, 0, 1), [1, 4]);
    expect(await list(shufflePatches(picture, 2, turn))).toEqual([high, high, 1, 1, low, low]);
    const report = await createMethod("deyo", model, { lr: LR, ...OPEN, patches: 5 })
      .step(images)
      .metrics.read();
    expect(report.reliable).toBe(BATCH);
  });

  test("are no more than the image has pixels", () => {
    expect(() => shufflePatches(images, 29, tensor(new Int32Array(BATCH * 841), [BATCH, 841]))).toThrow(ShapeError);
    const method = createMethod("deyo", model, { lr: LR, patches: 29 });
    expect(() => method.step(images)).toThrow(/images \[6, 1, 28, 28\] have no 29 × 29 patches/);
  });
});

test("norm is the source where there is no batch norm", async () => {
  const got = await list(createMethod("norm", model, { lr: 0 }).step(images).logits);
  expect(got).toEqual(await list(createMethod("source", fresh(), { lr: 0 }).step(images).logits));
});

test.each<[string, Partial<MethodOptions>]>([
  ["tent", { optimizer: "rmsprop" as "adam" }],
  ["eata", { margin: -1 }],
  ["eata", { dMargin: Number.NaN }],
  ["eata", { fisherAlpha: -1 }],
  ["sar", { margin: Number.NaN }],
  ["sar", { rho: -0.1 }],
  ["sar", { recoverBelow: Number.POSITIVE_INFINITY }],
  ["deyo", { deyoMargin: -1 }],
  ["deyo", { plpd: -0.2 }],
  ["deyo", { patches: 0 }],
  ["deyo", { patches: 2.5 }],
  ["deyo", { patches: 65 }],
  ["deyo", { seed: -1 }],
  ["deyo", { seed: 0.5 }],
  ["zerosiam-eata", { dMargin: -1 }],
  ["zerosiam-deyo", { patches: -4 }],
  ["zerosiam", { objective: "entropie" as "entropy" }],
  ["zerosiam", { divergence: "wasserstein" as "kl" }],
  ["zerosiam", { predictor: "toString" as "linear" }],
  ["zerosiam", { seed: Number.NaN }],
  ["come-tent", { momentum: -1 }],
])("%s refuses %j; nothing is frozen or held", (name, options) => {
  const live = memory().tensors;
  expect(() => createMethod(name, model, { lr: LR, ...options })).toThrow(ConfigError);
  expect(memory().tensors).toBe(live);
  expect(model.training).toBe(true);
});

test.each([
  ["come-tent", { lr: -1 }, "come-tent: lr is -1\n  help: use a finite number ≥ 0; a rate of 0 freezes the parameters"],
  ["come-deyo", { lr: -1 }, "come-deyo: lr is -1"],
  ["come-deyo", { plpd: -1 }, "come-deyo: plpd is -1"],
  ["come-deyo", { patches: 0 }, "come-deyo: "],
  [
    "zerosiam",
    { lrPredictor: -1 },
    "ZeroSiam: lrPredictor is -1\n  help: use a finite number ≥ 0; a rate of 0 freezes",
  ],
])("%s with %j says who refuses it, and why", (name, options, says) => {
  expect(() => createMethod(name, model, { lr: LR, ...options })).toThrow(says);
});

test("the weight of a term is not taken for a rate", () => {
  for (const [name, options] of [
    ["zerosiam", { alpha: -1 }],
    ["eata", { dMargin: -1 }],
    ["sar", { rho: -1 }],
  ] as const) {
    expect(() => createMethod(name, model, { lr: LR, ...options })).toThrow(
      / is -1\n {2}help: use a finite number ≥ 0$/,
    );
  }
});
