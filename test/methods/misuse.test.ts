// What people type by mistake: a typed error that says what, and how to mend it, and nothing is changed or held.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { loadDigits } from "../../src/data/digits.js";
import { Stream } from "../../src/data/streams/index.js";
import { createScenario } from "../../src/experiments/scenarios/index.js";
import * as nn from "../../src/nn/index.js";
import { loadModel, registerModel } from "../../src/nn/models/registry.js";
import { memory, openDevice, Rng, type Tensor, tensor, ZeroSiamError } from "../../src/tensor/index.js";
import {
  CollapseAlarm,
  CollapseGuard,
  ComeDeyo,
  ComeTent,
  createMethod,
  Deyo,
  DeyoFilter,
  Eata,
  EataFilter,
  fisherInformation,
  NormStatistics,
  Sar,
  Source,
  Tent,
  ZeroSiam,
} from "../../src/zerosiam/index.js";

let m: nn.DigitsNet;
let x: Tensor;
/** Nothing is typed here: what is tried is what a person would write in JavaScript. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Wrong = any;
const wrong = (value: unknown): Wrong => value;

beforeAll(async () => {
  await openDevice();
});

beforeEach(() => {
  m = new nn.DigitsNet({ rng: new Rng(1) });
  x = tensor(new Float32Array(2 * 784), [2, 1, 28, 28]);
});

const KINDS = { Tent, Eata, Sar, Deyo, ComeTent, ComeDeyo, ZeroSiam };
const FROZEN = { Source, NormStatistics };

/** Uses a method, and gives the model back. */
const withTent = (use: (method: Wrong) => unknown) => {
  const method = new Tent(m, { lr: 1e-3 });
  try {
    return use(method);
  } finally {
    method.dispose();
  }
};

const CALLS: Record<string, () => unknown> = {
  ...Object.fromEntries(
    Object.entries(KINDS).flatMap(([name, Kind]): [string, () => unknown][] => [
      [`new ${name}()`, () => new (wrong(Kind))()],
      [`new ${name}(model)`, () => new (wrong(Kind))(m)],
      [`new ${name}(model, null)`, () => new (wrong(Kind))(m, null)],
      [`new ${name}(model, {})`, () => new (wrong(Kind))(m, {})],
      [`new ${name}(model, 0.001)`, () => new (wrong(Kind))(m, 1e-3)],
      [`new ${name}(model, { lr: "0.001" })`, () => new (wrong(Kind))(m, { lr: "0.001" })],
      [`new ${name}(model, { learningRate })`, () => new (wrong(Kind))(m, { learningRate: 1e-3 })],
      [`new ${name}(model, { lr, optimizer: Adam })`, () => new (wrong(Kind))(m, { lr: 1e-3, optimizer: nn.Adam })],
      [`new ${name}(model.forward, options)`, () => new (wrong(Kind))(m.forward, { lr: 1e-3 })],
      [`new ${name}(model.parameters(), options)`, () => new (wrong(Kind))(m.parameters(), { lr: 1e-3 })],
      [`new ${name}(options, model)`, () => new (wrong(Kind))({ lr: 1e-3 }, m)],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(FROZEN).flatMap(([name, Kind]): [string, () => unknown][] => [
      [`new ${name}()`, () => new (wrong(Kind))()],
      [`new ${name}({})`, () => new (wrong(Kind))({})],
    ]),
  ),
  "createMethod()": () => wrong(createMethod)(),
  "createMethod(Tent, model)": () => wrong(createMethod)(Tent, m, { lr: 1e-3 }),
  'createMethod("tent")': () => wrong(createMethod)("tent"),
  'createMethod("tent", model)': () => wrong(createMethod)("tent", m),
  'createMethod("tent", model, { learningRate })': () => wrong(createMethod)("tent", m, { learningRate: 1e-3 }),
  'createMethod("source", undefined, {})': () => wrong(createMethod)("source", undefined, {}),
  'createMethod("zerosiam-eata", undefined, { lr })': () => wrong(createMethod)("zerosiam-eata", undefined, { lr: 1 }),
  "new EataFilter()": () => new (wrong(EataFilter))(),
  "new EataFilter(model, null)": () => new (wrong(EataFilter))(m, null),
  "new DeyoFilter({})": () => new (wrong(DeyoFilter))({}),
  "new DeyoFilter(model, { patches: '4' })": () => new (wrong(DeyoFilter))(m, { patches: "4" }),
  "new ZeroSiam(model, { lr, filter: {} })": () => new (wrong(ZeroSiam))(m, { lr: 1, filter: {} }),
  'new ZeroSiam(model, { lr, filter: "eata" })': () => new (wrong(ZeroSiam))(m, { lr: 1, filter: "eata" }),
  "new Eata(model, { lr, fisher: {} })": () => new (wrong(Eata))(m, { lr: 1, fisher: {} }),
  "new Eata(model, { lr, fisher: 64 })": () => new (wrong(Eata))(m, { lr: 1, fisher: 64 }),
  "new Deyo(model, { lr, permutations: [] })": () => new (wrong(Deyo))(m, { lr: 1, permutations: [] }),
  "fisherInformation()": () => wrong(fisherInformation)(),
  "fisherInformation(model)": () => wrong(fisherInformation)(m),
  "fisherInformation(model, images)": () => wrong(fisherInformation)(m, x),
  "fisherInformation(model, [array])": () => wrong(fisherInformation)(m, [new Float32Array(784)]),
  "method.step()": () => withTent((method) => method.step()),
  "method.step(array)": () => withTent((method) => method.step(new Float32Array(784))),
  "method.step([tensor])": () => withTent((method) => method.step([x])),
  "method.predict()": () => withTent((method) => method.predict()),
  "method.step after dispose": () => {
    const method = new Tent(m, { lr: 1e-3 });
    method.dispose();
    method.step(x);
  },
  "method.rollback()": () => withTent((method) => method.rollback()),
  "method.scaleRates()": () => withTent((method) => method.scaleRates()),
  "method.loadState()": () => withTent((method) => method.loadState()),
  "method.loadState({})": () => withTent((method) => method.loadState({})),
  "method.loadState(checkpoint)": () =>
    withTent((method) => method.loadState({ tensors: new Map(), metadata: new Map() })),
  "method.loadState(map of arrays)": () =>
    withTent((method) => method.loadState(new Map([...method.state().keys()].map((key) => [key, [1]])))),
  "method.exportModel(3)": () => withTent((method) => method.exportModel(3)),
  "reading metrics after the next step": () =>
    withTent(async (method) => {
      const { metrics } = method.step(x);
      method.step(x);
      await metrics.read();
    }),
  "reading logits after the next step": () =>
    withTent(async (method) => {
      const { logits } = method.step(x);
      method.step(x);
      await logits.data();
    }),
  "new CollapseAlarm()": () => new (wrong(CollapseAlarm))(),
  "new CollapseAlarm(2.5)": () => new (wrong(CollapseAlarm))(2.5),
  "new CollapseAlarm(10, null)": () => new (wrong(CollapseAlarm))(10, null),
  "new CollapseAlarm(10, { windw })": () => new (wrong(CollapseAlarm))(10, { windw: 3 }),
  "alarm.observe()": () => wrong(new CollapseAlarm(10)).observe(),
  "alarm.observe(of another width)": () => wrong(new CollapseAlarm(10)).observe(new Float32Array(7)),
  "new CollapseGuard()": () => new (wrong(CollapseGuard))(),
  "new CollapseGuard(model)": () => new (wrong(CollapseGuard))(m),
  "new Adam()": () => new (wrong(nn.Adam))(),
  "new Adam(model, options)": () => new (wrong(nn.Adam))(m, { lr: 1e-3 }),
  "new Adam(parameters)": () => new (wrong(nn.Adam))(m.parameters()),
  "new Adam(parameters, 0.001)": () => new (wrong(nn.Adam))(m.parameters(), 1e-3),
  "new AdamW(parameters)": () => new (wrong(nn.AdamW))(m.parameters()),
  "new AdamW(parameters, null)": () => new (wrong(nn.AdamW))(m.parameters(), null),
  "new Adam(parameters, { betas: 0.9 })": () => new (wrong(nn.Adam))(m.parameters(), { lr: 1, betas: 0.9 }),
  "new SGD(parameter, options)": () => new (wrong(nn.SGD))(m.head.weight, { lr: 1e-3 }),
  "new SGD([1, 2], options)": () => new (wrong(nn.SGD))([1, 2], { lr: 1e-3 }),
  "new SGD(undefined, options)": () => new (wrong(nn.SGD))(undefined, { lr: 1e-3 }),
  "new SGD([{ params }], options)": () => new (wrong(nn.SGD))([{ params: m.parameters() }], { lr: 1e-3 }),
  "new Conv2d()": () => new (wrong(nn.Conv2d))(),
  "new Conv2d(1, 2)": () => new (wrong(nn.Conv2d))(1, 2),
  "new Conv2d(1, 2, [3, 3])": () => new (wrong(nn.Conv2d))(1, 2, [3, 3]),
  "new Conv2d(1, 2.5, 3)": () => new (wrong(nn.Conv2d))(1, 2.5, 3),
  "new Conv2d(1, 2, 3, 1)": () => new (wrong(nn.Conv2d))(1, 2, 3, 1),
  'new Conv2d(1, 2, 3, { padding: "same" })': () => new (wrong(nn.Conv2d))(1, 2, 3, { padding: "same" }).forward(x),
  "new Linear()": () => new (wrong(nn.Linear))(),
  "new Linear(3)": () => new (wrong(nn.Linear))(3),
  "new Linear(3, 0.5)": () => new (wrong(nn.Linear))(3, 0.5),
  "new Linear(3, 4, false)": () => new (wrong(nn.Linear))(3, 4, false),
  "new Linear({ inFeatures })": () => new (wrong(nn.Linear))({ inFeatures: 3 }),
  "new BatchNorm2d()": () => new (wrong(nn.BatchNorm2d))(),
  'new BatchNorm2d("3")': () => new (wrong(nn.BatchNorm2d))("3"),
  "new BatchNorm2d(-1)": () => new (wrong(nn.BatchNorm2d))(-1),
  "new GroupNorm(4)": () => new (wrong(nn.GroupNorm))(4),
  "new GroupNorm(0, 4)": () => new (wrong(nn.GroupNorm))(0, 4),
  "new LayerNorm()": () => new (wrong(nn.LayerNorm))(),
  "new LayerNorm([4, 4])": () => new (wrong(nn.LayerNorm))([4, 4]),
  "new Sequential(1)": () => new (wrong(nn.Sequential))(1),
  "new Sequential([layer])": () => new (wrong(nn.Sequential))([m.conv1]),
  "new Sequential(Class)": () => new (wrong(nn.Sequential))(nn.ReLU),
  "new Parameter([1, 2])": () => new (wrong(nn.Parameter))([1, 2]),
  "new Parameter()": () => new (wrong(nn.Parameter))(),
  "model.loadStateDict()": () => wrong(m).loadStateDict(),
  "model.loadStateDict({})": () => wrong(m).loadStateDict({}),
  "model.loadStateDict(object of tensors)": () => wrong(m).loadStateDict(Object.fromEntries(m.stateDict())),
  'loadWeights("file")': () => wrong(nn.loadWeights)("weights.safetensors"),
  "loadWeights(model)": () => wrong(nn.loadWeights)(m),
  "loadTensors()": () => wrong(nn.loadTensors)(),
  "saveTensors(file)": () => wrong(nn.saveTensors)("x.safetensors"),
  "loadModel()": () => wrong(loadModel)(),
  'loadModel("digits")': () => wrong(loadModel)("digits"),
  'registerModel("x")': () => wrong(registerModel)("x"),
  'registerModel("x", model)': () => wrong(registerModel)("x", m),
  "createScenario()": () => wrong(createScenario)(),
  'createScenario("class-ordered")': () => wrong(createScenario)("class-ordered"),
  'createScenario("class-ordered", {})': () => wrong(createScenario)("class-ordered", {}),
  'createScenario("class-ordered", { set: "test" })': () => wrong(createScenario)("class-ordered", { set: "test" }),
  "createScenario of every name, without images": () => wrong(createScenario)("blind-spot", {}),
  "loadDigits()": () => wrong(loadDigits)(),
  'loadDigits("train+test")': () => wrong(loadDigits)("train+test"),
  "new Stream()": () => new (wrong(Stream))(),
  "new Stream({})": () => new (wrong(Stream))({}),
  "new Stream(set)": async () => new (wrong(Stream))(await loadDigits("test")),
};

test.each<[string, () => unknown, string]>([
  [
    "a promise",
    () => new Tent(wrong(loadModel("digits", "x").catch(() => m)), { lr: 1 }),
    "a promise, which must be awaited",
  ],
  ["tensors, for a file", () => nn.loadWeights(m, wrong(m.stateDict())), "tensors by name are for model.loadStateDict"],
  [
    "an entry without names of classes",
    () => registerModel("mine", wrong({ make: () => m, classes: 10, inputShape: [1, 28, 28], normalization: {} })),
    'registerModel: classes of "mine" is 10',
  ],
  ["no part of the digits", () => loadDigits(wrong("tset")), 'the part "tset" is unknown'],
  [
    "another method's state",
    () => withTent((tent) => tent.loadState(new Map([["a", x]]))),
    "pass the state of the same method",
  ],
  [
    "an optimiser's state of another kind",
    () => new nn.SGD(m.parameters(), { lr: 1 }).loadState(new Map()),
    "such an optimiser",
  ],
])("%s is told for what it is", async (_, call, says) => {
  await expect(async () => call()).rejects.toThrow(says);
});

test("a method's state is no weights, and is said to be one", async () => {
  const method = new Tent(m, { lr: 1e-3 });
  const bytes = await nn.encodeTensors(method.state());
  await expect(nn.loadWeights(m, bytes)).rejects.toThrow(
    /the bytes: this is a method's state, and no weights\n.*loadState/,
  );
  method.dispose();
});

describe("a call that is none", () => {
  test.each(Object.keys(CALLS))("%s", async (name) => {
    const live = memory().tensors;
    let thrown: unknown = "nothing was thrown";
    try {
      await CALLS[name]();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ZeroSiamError);
    expect((thrown as ZeroSiamError).help).not.toBe("");
    expect(memory().tensors).toBe(live);
    expect(m.training).toBe(true);
  });
});
