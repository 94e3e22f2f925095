// A model belongs to one method at a time, which gives it back as it was.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BatchNorm2d, Classifier, Linear, SGD } from "../../src/nn/index.js";
import {
  ConfigError,
  currentDevice,
  type Device,
  DisposedError,
  memory,
  openDevice,
  Rng,
  setCurrentDevice,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import {
  createMethod,
  DeyoFilter,
  EataFilter,
  fisherInformation,
  METHODS,
  type Method,
  Source,
  Tent,
  ZeroSiam,
} from "../../src/zerosiam/methods/index.js";

/** A little net with batch norm, whose statistics are those of no batch. */
class Net extends Classifier {
  readonly numFeatures = 3;
  readonly numClasses = 4;
  readonly bn1 = new BatchNorm2d(3);
  readonly head: Linear;

  constructor() {
    super();
    this.head = new Linear(3, 4, { rng: new Rng(5) });
  }

  features(images: Tensor): Tensor {
    return this.bn1.forward(images).relu().mean([2, 3]);
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

let model: Net;

beforeAll(async () => {
  await openDevice();
});

beforeEach(() => {
  model = new Net();
});

const rng = new Rng(2);
const pixels = Float32Array.from({ length: 8 * 3 * 4 * 4 }, () => rng.normal());
const batch = (): Tensor => tensor(pixels, [8, 3, 4, 4]);

/** All that a model is: values, modes, and what it answers. */
async function looks(net: Net) {
  const values = await Promise.all([...net.stateDict()].map(async ([name, t]) => [name, [...(await t.data())]]));
  const modes = [...net.namedModules()].map(([path, { training }]) => [path, training]);
  const learning = net.parameters().map(({ requiresGrad }) => requiresGrad);
  return { values, modes, learning, statistics: net.bn1.useBatchStatistics };
}

const OPEN = { margin: 10, dMargin: 2, deyoMargin: 10, plpd: 0, recoverBelow: 0 };

test.each(METHODS)("%s gives the model back as it was, and frees all else", async (name) => {
  model.bn1.useBatchStatistics = true;
  model.head.requiresGrad(false);
  const before = await looks(model);
  const live = memory().tensors;
  const method = createMethod(name, model, { ...OPEN, lr: 0.5 });
  using images = batch();
  method.step(images);
  method.dispose();
  method.dispose();
  images.dispose();
  expect(await looks(model)).toEqual(before);
  expect(memory().tensors).toBe(live);
});

test.each<[string, (method: Method) => unknown]>([
  ["step", (method) => method.step(batch())],
  ["predict", (method) => method.predict(batch())],
  ["exportModel", (method) => method.exportModel()],
  ["state", (method) => method.state()],
  ["loadState", (method) => method.loadState(new Map())],
  ["reset", (method) => method.reset()],
  ["rollback", (method) => method.rollback(1)],
  ["scaleRates", (method) => method.scaleRates(0.5)],
])("%s of a method that was disposed is refused: what the model holds then is not what was learnt", (_, use) => {
  const method = new Tent(model, { lr: 0.5 });
  method.dispose();
  expect(() => use(method)).toThrow(DisposedError);
  expect(() => use(method)).toThrow(/^tent was disposed.*\n {2}help: .*exportModel\(\) come before dispose\(\)/);
});

test("the source after Tent is the source: it has to wait until Tent gives the model back", async () => {
  const first = new Source(model);
  const wanted = [...(await first.step(batch()).logits.data())];
  first.dispose();
  const tent = new Tent(model, { lr: 0.5 });
  for (let i = 0; i < 3; i++) tent.step(batch());
  expect(() => new Source(model)).toThrow(/^tent holds this model.*\n {2}help: dispose\(\) of tent first/);
  tent.dispose();
  expect([...(await new Source(model).step(batch()).logits.data())]).toEqual(wanted);
});

describe("a second method is refused, and nothing is frozen or held", () => {
  test.each(METHODS)("%s", async (name) => {
    const source = new Source(model);
    const before = await looks(model);
    const live = memory().tensors;
    expect(() => createMethod(name, model, { lr: 0.1 })).toThrow(ConfigError);
    expect(() => fisherInformation(model, [])).toThrow("source holds this model");
    expect(memory().tensors).toBe(live);
    expect(await looks(model)).toEqual(before);
    source.dispose();
    createMethod(name, model, { lr: 0.1 });
  });

  test("also where two models share a layer", () => {
    const other = new Net();
    Object.assign(other, { bn1: model.bn1 });
    new Tent(model, { lr: 0.1 });
    expect(() => new Tent(other, { lr: 0.1 })).toThrow("tent holds this model");
  });
});

test("a method that could not be made holds nothing", () => {
  const live = memory().tensors;
  expect(() => createMethod("eata", model, { lr: 0.1, fisher: new Map() })).toThrow("bn1.weight is missing");
  expect(() => new Tent(model, { lr: 0.1, frozen: /bn/ })).toThrow("beside those of /bn/");
  expect(memory().tensors).toBe(live);
  new Tent(model, { lr: 0.1 });
});

describe("a filter", () => {
  test.each([
    ["EATA's", () => new EataFilter(model, {})],
    ["DeYO's", () => new DeyoFilter(model, {})],
  ])("of %s is one method's, until that is disposed", (_, make) => {
    const filter = make();
    const first = new ZeroSiam(model, { lr: 0.1, filter });
    const other = new Net();
    expect(() => new ZeroSiam(other, { lr: 0.1, filter })).toThrow(ConfigError);
    first.dispose();
    const live = memory().tensors;
    const second = new ZeroSiam(model, { lr: 0.1, filter });
    second.dispose();
    expect(memory().tensors).toBe(live);
  });

  test("is made for the method's own model", () => {
    const other = new Net();
    for (const filter of [new EataFilter(other, {}), new DeyoFilter(other, {})]) {
      expect(() => new ZeroSiam(model, { lr: 0.1, filter })).toThrow("made for another model");
    }
  });
});

test("Fisher information leaves the modes of the model alone", async () => {
  const before = await looks(model);
  using images = batch();
  for (const information of fisherInformation(model, [images]).values()) information.dispose();
  expect(await looks(model)).toEqual(before);
});

describe("after dispose()", () => {
  test.each(METHODS)(
    "%s says that it was disposed, whatever it is asked, and touches the model no more",
    async (name) => {
      const method = createMethod(name, model, { ...OPEN, lr: 0.5 });
      const saved = new Map(method.state());
      using images = batch();
      method.dispose();
      const before = await looks(model);
      const calls: (() => unknown)[] = [
        () => method.step(images),
        () => method.predict(images),
        () => method.reset(),
        () => method.state(),
        () => method.loadState(saved),
        () => method.rollback(1),
        () => method.scaleRates(0.5),
        () => method.exportModel([images]),
      ];
      for (const call of calls) {
        expect(call).toThrow(DisposedError);
        expect(call).toThrow(`${name} was disposed`);
      }
      expect(await looks(model)).toEqual(before);
    },
  );
});

test("`using` frees a method, an optimiser, a model and a device at the end of their block", async () => {
  const { tensors } = memory();
  {
    using net = new Net();
    using method = new Tent(net, { lr: 0.5 });
    using optimizer = new SGD(net.namedParameters(), { lr: 0.1 });
    using images = batch();
    method.step(images);
    expect(optimizer.lr).toBe(0.1);
  }
  expect(memory().tensors).toBe(tensors);
  const before = currentDevice();
  let device: Device;
  {
    using other = await openDevice({});
    device = other;
  }
  expect(device.failed).toBe(true);
  setCurrentDevice(before);
});

test("the list of warnings is the caller's", () => {
  const method = new Tent(model, { lr: 0.5 });
  (method.warnings as unknown[]).push("mine");
  expect(method.warnings).toEqual([]);
});
