// What a run will not survive well is said once, with the remedy; a run that is well says nothing.
import { beforeAll, describe, expect, test } from "vitest";
import { BatchNorm2d, Classifier, DigitsNet, Linear, ResNet20 } from "../../src/nn/index.js";
import { openDevice, Rng, type Tensor, tensor } from "../../src/tensor/index.js";
import { createMethod, METHODS, type Method, type MethodOptions } from "../../src/zerosiam/methods/index.js";

beforeAll(async () => {
  await openDevice();
});

const digits = (batch: number, scale = 1): Tensor => {
  const rng = new Rng(batch);
  return tensor(
    Float32Array.from({ length: batch * 784 }, () => scale * rng.uniform()),
    [batch, 1, 28, 28],
  );
};

/** Takes steps on the same batch, reads what they say, and returns what the method warns of. */
async function heard(method: Method, images: Tensor, steps = 2): Promise<string[]> {
  for (let i = 0; i < steps; i++) await method.step(images).metrics.read();
  return method.warnings.map(({ about }) => about);
}

const onDigits = (name: string, options: MethodOptions) =>
  createMethod(name, new DigitsNet({ rng: new Rng(1) }), options);

describe.each(METHODS)("%s", (name) => {
  test("says nothing of a run that is well", async () => {
    expect(await heard(onDigits(name, { lr: 1e-3 }), digits(16))).toEqual([]);
  });

  test("says once that pixels from 0 to 255 are not normalised", async () => {
    const method = onDigits(name, { lr: 1e-3 });
    expect(await heard(method, digits(16, 255), 3)).toEqual(["images"]);
    expect(method.warnings[0].message).toMatch(/^pixels reach 25\d\./);
  });

  test("says of weights that hold a NaN that the answers are none, and does not learn", async () => {
    const model = new DigitsNet({ rng: new Rng(1) });
    model.head.bias?.assign(tensor(new Float32Array(10).fill(Number.NaN)));
    const method = createMethod(name, model, { lr: 1e-3 });
    expect(await heard(method, digits(16))).toEqual(["answers"]);
    expect(method.warnings[0].help).toContain("weights");
  });
});

describe("a rate that does not go with the batch", () => {
  test.each(["tent", "zerosiam"])("is named by %s, with the one that does", async (name) => {
    const method = onDigits(name, { lr: 1e-3 });
    expect(await heard(method, digits(1))).toEqual(["rate"]);
    expect(method.warnings[0]).toEqual({
      about: "rate",
      message: "a rate of 0.001 is high for batches of 1",
      help: "scale it by the batch: 0.001 for 64 images is 0.0000156 here",
    });
  });

  test.each<[MethodOptions, number]>([
    [{ lr: 1e-3 / 64 }, 1],
    [{ lr: 1e-2 }, 64],
    [{ lr: 1e-3, optimizer: "adam" }, 1],
  ])("is not that of %j on batches of %d", async (options, batch) => {
    expect(await heard(onDigits("tent", options), digits(batch))).toEqual([]);
  });
});

describe("batch norm", () => {
  /** Pools before it normalises: a value a channel and image. */
  class Pooled extends Classifier {
    readonly numFeatures = 3;
    readonly numClasses = 4;
    readonly bn1 = new BatchNorm2d(3);
    readonly head = new Linear(3, 4);
    features(images: Tensor): Tensor {
      return this.bn1.forward(images.mean([2, 3], true)).reshape([images.shape[0], 3]);
    }
    classify(features: Tensor): Tensor {
      return this.head.forward(features);
    }
  }
  const colour = (batch: number) => {
    const rng = new Rng(3);
    return tensor(
      Float32Array.from({ length: batch * 3 * 1024 }, () => rng.normal()),
      [batch, 3, 32, 32],
    );
  };

  test.each<[string, () => Classifier, number, RegExp]>([
    ["of one image", () => new ResNet20({ rng: new Rng(1) }), 1, /batch norm has 64 values a channel, of 1 images/],
    ["of a value a channel", () => new Pooled(), 1, /1 values a channel, of 1 images.*the same answer$/],
    ["on maps of 1 × 1", () => new Pooled(), 8, /8 values a channel, of 8 images/],
  ])("%s is said to have little to go by", async (_, make, batch, says) => {
    const method = createMethod("norm", make(), { lr: 0 });
    expect(await heard(method, colour(batch), 1)).toEqual(["batch-norm"]);
    expect(method.warnings[0].message).toMatch(says);
  });

  test.each<[string, string, () => Classifier, number]>([
    ["with enough values", "norm", () => new Pooled(), 16],
    ["by its running statistics", "source", () => new Pooled(), 1],
  ])("%s is not", async (_, name, make, batch) => {
    expect(await heard(createMethod(name, make(), { lr: 0 }), colour(batch), 1)).toEqual([]);
  });
});

test("episodes of one step are the source, as is said at once", () => {
  expect(onDigits("tent", { lr: 1e-3, episodic: true }).warnings).toMatchObject([{ about: "episodic" }]);
  expect(onDigits("tent", { lr: 1e-3, episodic: true, steps: 2 }).warnings).toEqual([]);
});

test("SAR says that it recovers at every step, and where the threshold is for ten classes", async () => {
  const method = onDigits("sar", { lr: 1e-3, recoverBelow: 10, margin: 10 });
  expect(await heard(method, digits(16), 2)).toEqual([]);
  expect(await heard(method, digits(16), 2)).toEqual(["recovery"]);
  expect(method.warnings[0].help).toBe("lower recoverBelow: 0.2 is for 1000 classes; of ln 10 that share is 0.067");
});

test("steps that would leave values that are not finite are said to be none", async () => {
  const method = onDigits("tent", { lr: 1e-3 });
  method.scaleRates(1e38);
  method.scaleRates(1e38);
  expect(await heard(method, digits(16))).toEqual(["update"]);
});
