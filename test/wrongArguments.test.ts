// Every door of the library, with what does not belong there at each place of a call: an error of ours, which leaves nothing.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createScenario } from "../src/experiments/index.js";
import { OPS } from "../src/kernels/index.js";
import * as nn from "../src/nn/index.js";
import * as t from "../src/tensor/index.js";
import * as z from "../src/zerosiam/index.js";

/** Nothing is typed here: it is what JavaScript lets through. */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Any = any;

const cyclic: unknown[] = [];
cyclic.push(cyclic);
const cyclicBag: Record<string, unknown> = {};
cyclicBag.itself = cyclicBag;

/** By what each is; made when it is needed. */
const WRONG: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  "an object": () => ({}),
  "an object without prototype": () => Object.create(null),
  "an object that holds itself": () => cyclicBag,
  "a list": () => [],
  "a list of null": () => [null],
  "a list of symbols": () => [Symbol("s")],
  "a list that holds itself": () => cyclic,
  "a long list": () => new Array(1e6).fill("x"),
  "no text": () => "",
  "a text": () => "x",
  "a name that all objects have": () => "constructor",
  NaN: () => Number.NaN,
  "a fraction": () => 0.5,
  "a negative number": () => -3,
  "too large a number": () => 2 ** 60,
  "a symbol": () => Symbol("s"),
  "a bigint": () => 1n,
  "a boolean": () => true,
  "a function": () => () => 1,
  "an async function": () => async () => 1,
  "a proxy": () => new Proxy({}, {}),
  "a map": () => new Map([["a", 1]]),
  "a set": () => new Set([1]),
  "a disposed tensor": () => {
    const x = t.tensor([1]);
    x.dispose();
    return x;
  },
};

let x: t.Tensor;
let loss: t.Tensor;
let model: nn.DigitsNet;

beforeAll(async () => {
  await t.openDevice();
  model = new nn.DigitsNet({ rng: new t.Rng(1) });
});

beforeEach(() => {
  x = t.tensor([1, 2]).setRequiresGrad(true);
  loss = x.square().sum();
});

/** A call, its good arguments, and the first of those that are tried wrong, one by one. */
type Door = readonly [call: (...args: Any[]) => unknown, args: () => unknown[], from?: number];

const made =
  (Kind: new (...args: Any[]) => object) =>
  (...args: Any[]) =>
    new Kind(...args);
/** An option of something that is made and, where it can be, disposed. */
const option = (names: readonly string[], make: (options: Any) => object): [string, Door][] =>
  names.map((name) => [`the option ${name}`, [(value) => (make({ [name]: value }) as Any).dispose?.(), () => [0]]]);

const DOORS: Record<string, Door> = {
  tensor: [t.tensor, () => [[1], [1], {}]],
  full: [t.full, () => [[2], 1, {}]],
  eye: [t.eye, () => [1, {}]],
  arange: [t.arange, () => [1, {}]],
  cat: [t.cat, () => [[x], 0]],
  setRequiresGrad: [(value) => x.setRequiresGrad(value), () => [true]],
  backward: [t.backward, () => [loss, {}]],
  grad: [t.grad, () => [loss, [x], {}]],
  gradcheck: [t.gradcheck, () => [(y: t.Tensor) => y.sum(), [x], {}], 1],
  describeGraph: [t.describeGraph, () => [x, new Map()]],
  noGrad: [t.noGrad, () => [() => 1]],
  scope: [t.scope, () => [() => 1]],
  withDevice: [t.withDevice, () => [t.currentDevice(), () => 1]],
  setCurrentDevice: [t.setCurrentDevice, () => [t.currentDevice()]],
  memory: [t.memory, () => [t.currentDevice()]],
  apply: [t.apply, () => [OPS.find(({ inputs, params }) => inputs.length === 1 && !params), [x], []], 1],
  "a method of tensors": [(self) => Reflect.apply(t.Tensor.prototype.relu, self, []), () => [x]],
  "a sum": [(dims) => x.sum(dims), () => [0]],
  "a softmax": [(dim) => x.softmax(dim), () => [0]],
  "a clamp": [(min, max) => x.clamp(min, max), () => [0, 1]],
  Rng: [made(t.Rng), () => [1]],
  kaimingUniform: [nn.kaimingUniform, () => [[2, 3], 1, new t.Rng(1)]],
  kaimingNormal: [nn.kaimingNormal, () => [[2, 3], "fanIn", new t.Rng(1)]],
  uniform: [nn.uniform, () => [[2, 3], 1, new t.Rng(1)]],
  xavierNormal: [nn.xavierNormal, () => [[2, 3], new t.Rng(1)]],
  assignState: [nn.assignState, () => ["it", new Map([["a", x]]), new Map([["a", x]]), {}], 1],
  checkRates: [(lr) => nn.checkRates("it", { lr }), () => [1]],
  sharpen: [nn.sharpen, () => [[x], 0.1, loss, () => 1]],
  registerModel: [nn.registerModel, () => ["digits", {}]],
  modelEntry: [nn.modelEntry, () => ["digits"]],
  createMethod: [z.createMethod, () => ["tent", model, { lr: 1 }]],
  createScenario: [createScenario, () => ["mixed", {}]],
  alignment: [z.alignment, () => [t.ones([1, 2]), t.ones([1, 2])]],
  entropy: [z.entropy, () => [t.ones([1, 2])]],
  historyFor: [z.CollapseGuard.historyFor, () => [1, 1]],
  CollapseAlarm: [made(z.CollapseAlarm), () => [3, {}]],
  configureNorms: [z.configureNorms, () => [model, null]],
  ...Object.fromEntries([
    ...option(["device", "dtype", "requiresGrad"], (options) => t.tensor([1], null, options)),
    ...option(["gradient", "createGraph", "retainGraph", "onVisit"], (options) => Object(t.backward(loss, options))),
    ...option(["momentum", "eps", "affine"], (options) => new nn.BatchNorm2d(1, options)),
    ...option(["bias", "rng", "stride"], (options) => new nn.Conv2d(1, 1, 1, options)),
    ...option(["nesterov"], (options) => new nn.SGD([], { lr: 1, momentum: 1, ...options })),
    ...option(["window", "reference"], (options) => new z.CollapseAlarm(3, options)),
    ...option(["cleanReset", "rho"], (options) => new z.Sar(model, { lr: 1, ...options })),
    ...option(
      ["episodic", "steps", "history", "seed", "patches", "permutations", "frozen", "optimizer"],
      (options) => new z.Deyo(model, { lr: 1, ...options }),
    ),
  ]),
};

/** Frees what a call gave, where it was taken. */
function free(result: unknown): void {
  if (result instanceof t.Tensor && result !== x) result.dispose();
  else if (typeof result === "object" && result) for (const part of Object.values(result)) free(part);
}

/** What is wrong with how `name` takes the wrong value `what` at place `at`; null where it does well. */
async function fault(name: string, what: string, at: number): Promise<string | null> {
  const [call, args] = DOORS[name];
  const given = args().with(at, WRONG[what]());
  const { tensors } = t.memory();
  let thrown: unknown = null;
  try {
    free(await call(...given));
  } catch (error) {
    thrown = error;
  }
  x.grad?.dispose();
  x.grad = null;
  const left = t.memory().tensors - tensors;
  if (thrown && !(thrown instanceof t.ZeroSiamError)) return `${what} at ${at}: ${thrown}`;
  if (thrown instanceof Error && thrown.message.length > 1000) return `${what} at ${at}: a message without end`;
  if (!thrown && what === "a symbol") return `${what} at ${at} is taken`; // of all that is wrong it is so everywhere
  return left > 0 ? `${what} at ${at} leaves ${left} tensors` : null;
}

test.each(Object.keys(DOORS))("%s: an error that says what is wrong, or it is taken; nothing is left", async (name) => {
  const [, args, from = 0] = DOORS[name];
  const faults: (string | null)[] = [];
  for (let at = from; at < args().length; at++) {
    for (const what of Object.keys(WRONG)) faults.push(await fault(name, what, at));
  }
  expect(faults.filter((one) => one !== null)).toEqual([]);
});

describe("a layer tells what it is given", () => {
  test.each<[string, () => nn.Module]>([
    ["Conv2d", () => new nn.Conv2d(1, 1, 1)],
    ["Linear", () => new nn.Linear(1, 1)],
    ["BatchNorm2d", () => new nn.BatchNorm2d(1)],
    ["GroupNorm", () => new nn.GroupNorm(1, 1)],
    ["LayerNorm", () => new nn.LayerNorm(1)],
    ["ReLU", () => new nn.ReLU()],
    ["GELU", () => new nn.GELU()],
    ["MaxPool2d", () => new nn.MaxPool2d(1)],
  ])("%s", (name, make) => {
    const layer = make();
    for (const [what, value] of Object.entries(WRONG)) {
      if (what === "a disposed tensor") expect(() => layer.forward(value() as Any)).toThrow(t.DisposedError);
      else expect(() => layer.forward(value() as Any)).toThrow(`${name}: x is `);
    }
    expect(() => new nn.Sequential(layer).forward(undefined as Any)).toThrow(`${name}: x is undefined\n  help: pass a`);
  });
});
