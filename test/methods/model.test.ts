// What is no classifier is told what it lacks, at construction where that can be seen, at the first step else.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Classifier, Conv2d, DigitsNet, GroupNorm, LayerNorm, Linear, Module, Sequential } from "../../src/nn/index.js";
import {
  ConfigError,
  DTypeError,
  memory,
  openDevice,
  ShapeError,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import { createMethod, fisherInformation, METHODS } from "../../src/zerosiam/methods/index.js";

beforeAll(async () => {
  await openDevice();
});

/** A net that says what it is asked to say. */
class Net extends Classifier {
  readonly norm1 = new GroupNorm(1, 3);
  readonly head = new Linear(3, 4);

  constructor(
    readonly numFeatures = 3,
    readonly numClasses = 4,
  ) {
    super();
  }

  features(images: Tensor): Tensor {
    return this.norm1.forward(images).mean([2, 3]);
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

const images = (): Tensor => tensor(new Float32Array(2 * 3 * 8 * 8).fill(0.5), [2, 3, 8, 8]);

/** Logits of each pixel, `[B, C, H, W]`. */
class Segmenter extends Net {
  readonly conv = new Conv2d(3, 4, 1);
  override classify(features: Tensor): Tensor {
    return this.conv.forward(features.reshape([2, 3, 1, 1]).broadcastTo([2, 3, 8, 8]));
  }
}

/** Half as many rows as images. */
class Pairs extends Net {
  override features(images: Tensor): Tensor {
    return super.features(images).slice([[0, 1]]);
  }
}

/** Has no logits to give. */
class Says extends Net {
  constructor(readonly what: unknown) {
    super();
  }
  override classify(): Tensor {
    return this.what as Tensor;
  }
}

class Whole extends Net {
  override classify(features: Tensor): Tensor {
    return super.classify(features).round().cast("i32");
  }
}

describe.each(METHODS)("%s", (name) => {
  test.each<[string, () => Net, typeof ShapeError | typeof DTypeError | typeof ConfigError, RegExp]>([
    ["a map of logits", () => new Segmenter(), ShapeError, /logits are f32\[2, 4, 8, 8\], not \[2, 4\]/],
    ["another number of classes", () => new Net(3, 1000), ShapeError, /logits are f32\[2, 4\], not \[2, 1000\]/],
    ["fewer rows than images", () => new Pairs(), ShapeError, /(logits|features) are f32\[1, [34]\], not \[2, [34]\]/],
    ["logits that are whole numbers", () => new Whole(), DTypeError, /logits are i32\[2, 4\]/],
    ["nothing for logits", () => new Says(undefined), ConfigError, /logits are undefined/],
    ["a list with the logits", () => new Says([]), ConfigError, /logits are \[\]/],
    [
      "a promise of logits",
      () => new Says(Promise.resolve()),
      ConfigError,
      /logits are a promise, which must be awaited/,
    ],
  ])("refuses %s at the first step and when asked for an answer; nothing has changed", (_, make, kind, says) => {
    const method = createMethod(name, make(), { lr: 0.1 });
    using batch = images();
    const live = memory().tensors;
    for (const use of [() => method.step(batch), () => method.predict(batch)]) {
      expect(use).toThrow(kind);
      expect(use).toThrow(says);
    }
    expect(memory().tensors).toBe(live);
  });
});

test("Fisher information is of logits [B, C] too", () => {
  expect(() => fisherInformation(new Segmenter(), [images()])).toThrow(/logits are f32\[2, 4, 8, 8\]/);
});

/** A classifier of points, `[B, 2]`. */
class Points extends Classifier {
  readonly numFeatures = 8;
  readonly numClasses = 3;
  readonly first = new Linear(2, 8);
  readonly norm1 = new LayerNorm(8);
  readonly head = new Linear(8, 3);

  features(points: Tensor): Tensor {
    return this.norm1.forward(this.first.forward(points)).relu();
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

test.each(METHODS)("%s adapts on what is no image, if it needs no patches", async (name) => {
  const method = createMethod(name, new Points(), { lr: 0.1 });
  const points = tensor([0.3, -1, 2, 0.5], [2, 2]);
  if (name.includes("deyo")) return expect(() => method.step(points)).toThrow(ShapeError);
  const { logits, metrics } = method.step(points);
  expect(logits.shape).toEqual([2, 3]);
  expect(await metrics.read()).toMatchObject({ updated: expect.any(Boolean) });
});

test("features of another width than numFeatures are refused by ZeroSiam, whose predictor they go to", () => {
  const method = createMethod("zerosiam", new Net(5), { lr: 0.1 });
  expect(() => method.step(images())).toThrow(/the model's features are f32\[2, 3\], not \[2, 5\]/);
});

describe("at construction", () => {
  let net: Net;
  beforeEach(() => {
    net = new Net();
  });

  /** Has its blocks in a field that is not searched. */
  class Listed extends Net {
    constructor(readonly blocks: unknown) {
      super();
    }
  }
  class Named extends Listed {
    override children(): Map<string, Module> {
      return new Map([...super.children(), ["blocks.0", (this.blocks as Module[])[0]]]);
    }
  }
  class Headless extends Module {
    readonly norm1 = new GroupNorm(1, 3);
    forward(x: Tensor): Tensor {
      return this.norm1.forward(x);
    }
  }
  const norm = () => new GroupNorm(1, 3);
  const loop = (...list: unknown[]): unknown[] => {
    list.push(list);
    return list;
  };

  test.each<[string, () => unknown, RegExp]>([
    ["nothing", () => undefined, /the model is undefined\n {2}help: extend nn\.Classifier/],
    ["null", () => null, /the model is null/],
    ["a function", () => (x: Tensor) => x, /the model is a function/],
    ["a plain object", () => ({ features: () => null, numClasses: 4 }), /the model is an object/],
    ["a class, not made", () => Net, /the model is a function/],
    [
      "a module that is no classifier",
      () => new Headless(),
      /Headless lacks features, classify, numFeatures, numClasses/,
    ],
    ["a Sequential", () => new Sequential(norm()), /Sequential lacks features, classify, numFeatures, numClasses/],
    ["no numFeatures", () => Object.assign(net, { numFeatures: undefined }), /Net lacks numFeatures\n/],
    ["a numClasses that is none", () => Object.assign(net, { numClasses: 2.5 }), /Net lacks numClasses\n/],
    ["no classify", () => Object.assign(net, { classify: null }), /Net lacks classify\n/],
    ["one class", () => new Net(3, 1), /Net has one class: its entropy is 0/],
    ["norms in an array", () => new Listed([norm()]), /Listed has a normalisation layer in blocks, which is a list/],
    ["norms in arrays", () => new Listed([[], [norm()]]), /a normalisation layer in blocks/],
    ["norms in an object", () => new Listed({ a: norm() }), /a normalisation layer in blocks/],
    ["norms in a set", () => new Listed(new Set([norm()])), /a normalisation layer in blocks/],
    ["norms in an object in an object", () => new Listed({ a: { b: norm() } }), /a normalisation layer in blocks/],
    ["norms in a map in a map", () => new Listed(new Map([["a", new Map([["b", norm()]])]])), /layer in blocks/],
    [
      "norms in an object without prototype",
      () => new Listed(Object.assign(Object.create(null), { a: norm() })),
      /a normalisation layer in blocks/,
    ],
    ["norms in a list that holds itself", () => new Listed(loop(norm())), /a normalisation layer in blocks/],
    ["norms in a map", () => new Listed(new Map([["a", new Sequential(norm())]])), /a normalisation layer in blocks/],
    [
      "norms in an array, further down",
      () => Object.assign(net, { part: new Listed([norm()]) }),
      /Net has a normalisation layer in part\.blocks/,
    ],
  ])("%s is refused by every method, and by Fisher information", (_, make, says) => {
    const model = make() as Net;
    const live = memory().tensors;
    for (const name of METHODS) {
      expect(() => createMethod(name, model, { lr: 0.1 })).toThrow(ConfigError);
      expect(() => createMethod(name, model, { lr: 0.1 })).toThrow(says);
    }
    expect(() => fisherInformation(model, [])).toThrow(says);
    expect(memory().tensors).toBe(live);
  });

  test.each<[string, () => Net]>([
    ["a list that children() names", () => new Named([norm()])],
    ["a list of layers without a norm", () => new Listed([new Linear(1, 1)])],
    ["a list that holds itself", () => new Listed(loop())],
    ["a layer that refers back to its model", () => Object.assign(net, { head: Object.assign(net.head, { net }) })],
    ["a list of what is a field too", () => Object.assign(net, { all: [net.norm1] })],
  ])("%s is taken", (_, make) => {
    expect(createMethod("tent", make(), { lr: 0.1 }).name).toBe("tent");
  });
});

test("a pattern of frozen layers is a RegExp or null", () => {
  const frozen = "layer4" as unknown as RegExp;
  for (const name of METHODS.filter((known) => !["source", "norm"].includes(known))) {
    expect(() => createMethod(name, new DigitsNet(), { lr: 0.1, frozen })).toThrow(
      'frozen is "layer4"\n  help: pass a RegExp',
    );
  }
});

test.each([
  ["tent", 2],
  ["eata", 2],
  ["sar", 1],
  ["deyo", 1],
  ["come-tent", 2],
  ["come-deyo", 1],
  ["zerosiam", 2],
  ["zerosiam-deyo", 2],
])("%s adapts %d of a norm and one in layer4, unless it is told which", (name, count) => {
  class Staged extends Net {
    readonly layer4 = new GroupNorm(1, 3);
  }
  const adapted = (options: object): string[] => {
    const method = createMethod(name, new Staged(), { lr: 0.1, ...options });
    return [...method.state().keys()].filter((key) => /^model\..*weight$/.test(key));
  };
  expect(adapted({})).toHaveLength(count);
  expect(adapted({ frozen: null })).toHaveLength(2);
  expect(adapted({ frozen: /^norm1$/ })).toEqual(["model.layer4.weight"]);
});
