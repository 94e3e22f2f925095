// Memory that runs out at any one allocation: what was asked for is done whole or not at all, and leaves nothing behind.
import { afterEach, beforeAll, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import {
  backward,
  type Device,
  keep,
  memory,
  OutOfMemoryError,
  ones,
  openDevice,
  Rng,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import { CollapseGuard, createMethod, METHODS, PREDICTORS, Tent } from "../../src/zerosiam/index.js";

let device: Device;
let acquire: Device["acquire"];

beforeAll(async () => {
  device = await openDevice();
  acquire = device.acquire.bind(device);
});

afterEach(() => {
  device.acquire = acquire;
});

class Net extends nn.Classifier {
  readonly numFeatures = 3;
  readonly numClasses = 2;
  readonly bn1 = new nn.BatchNorm2d(3);
  readonly head = new nn.Linear(3, 2, { rng: new Rng(1) });

  features(images: Tensor): Tensor {
    return this.bn1.forward(images).mean([2, 3]);
  }

  classify(features: Tensor): Tensor {
    return this.head.forward(features);
  }
}

const images = (): Tensor =>
  tensor(
    Float32Array.from({ length: 96 }, (_, i) => Math.sin(i)),
    [2, 3, 4, 4],
  );

/** Something to do, and all that it may change: tensors, and what else JSON can show. */
interface Task {
  readonly changes: ReadonlyMap<string, Tensor>;
  readonly shows?: () => unknown;
  run(): unknown;
}

const stepped = (name: string, history = 0) => {
  const method = createMethod(name, new Net(), { lr: 0.1, history });
  method.step(images());
  return method;
};

const optimizing = (make: (parameters: nn.Parameter[]) => nn.Optimizer) => {
  const parameters = [new nn.Parameter(tensor([1, 2])), new nn.Parameter(tensor([3]))];
  for (const parameter of parameters) parameter.grad = keep(ones(parameter.shape));
  const optimizer = make(parameters);
  optimizer.step();
  return { optimizer, changes: new Map([...optimizer.state(), ...parameters.map((p, i) => [`p${i}`, p] as const)]) };
};

const OPTIMIZERS: Record<string, (parameters: nn.Parameter[]) => nn.Optimizer> = {
  SGD: (parameters) => new nn.SGD(parameters, { lr: 0.1, momentum: 0.9 }),
  Adam: (parameters) => new nn.Adam(parameters, { lr: 0.1 }),
  AdamW: (parameters) => new nn.AdamW(parameters, { lr: 0.1 }),
};

const LAYERS: Record<string, () => nn.Module> = {
  Conv2d: () => new nn.Conv2d(1, 2, 1),
  Linear: () => new nn.Linear(2, 2),
  BatchNorm2d: () => new nn.BatchNorm2d(2),
  GroupNorm: () => new nn.GroupNorm(1, 2),
  LayerNorm: () => new nn.LayerNorm(2),
};

/** Nothing there before: it is to leave nothing when it fails. */
const making = (make: () => { dispose(): void } | null) => (): Task => ({
  changes: new Map(),
  run: () => make()?.dispose(),
});

const TASKS: Record<string, () => Task> = {
  ...Object.fromEntries(
    METHODS.flatMap((name): [string, () => Task][] => [
      [
        `${name} is loaded`,
        () => {
          const method = stepped(name, 2);
          const saved = new Map([...method.state()].map(([key, value]) => [key, value.detach()]));
          method.step(images());
          const shows = () => method.remembered;
          return { changes: method.state(), shows, run: () => method.loadState(saved) };
        },
      ],
      [
        `${name} is made`,
        () => {
          const model = new Net();
          const shows = () => model.parameters().map((parameter) => parameter.requiresGrad);
          const run = () => createMethod(name, model, { lr: 0.1 }).dispose();
          return { changes: model.stateDict(), shows, run };
        },
      ],
    ]),
  ),
  "a guard rolls back": () => {
    const method = stepped("tent", 4);
    const guard = new CollapseGuard(method, {
      window: 1,
      response: "rollback",
      reference: { entropy: 1, logitNorm: 1 },
    });
    const shows = () => [method.remembered, guard.alarm.state()];
    const run = () => expect(guard.observe(Float32Array.of(100, 0))).not.toBeNull();
    return { changes: method.state(), shows, run };
  },
  "batch norm keeps statistics": () => {
    const layer = new nn.BatchNorm2d(3);
    const x = images();
    return { changes: layer.stateDict(), run: () => layer.forward(x).dispose() };
  },
  "gradients are added": () => {
    const leaves = [tensor([1, 2]).setRequiresGrad(true), tensor([3, 4]).setRequiresGrad(true)];
    for (const leaf of leaves) leaf.grad = keep(ones([2]));
    const loss = leaves[0].mul(leaves[1]).sum();
    const grads = () => new Map(leaves.map((leaf, i) => [`grad ${i}`, leaf.grad as Tensor]));
    return { changes: grads(), run: () => backward(loss, { retainGraph: true }) };
  },
  ...Object.fromEntries(
    Object.entries(OPTIMIZERS).flatMap(([name, make]): [string, () => Task][] => [
      [
        `${name} steps`,
        () => {
          const { optimizer, changes } = optimizing(make);
          return { changes, run: () => optimizer.step() };
        },
      ],
      [
        `${name} is reset`,
        () => {
          const { optimizer, changes } = optimizing(make);
          return { changes, run: () => optimizer.reset() };
        },
      ],
      [
        `${name} is made`,
        () => {
          const parameters = [new nn.Parameter(tensor([1])), new nn.Parameter(tensor([2]))];
          return making(() => make(parameters))();
        },
      ],
    ]),
  ),
  ...Object.fromEntries(Object.entries(LAYERS).map(([name, make]) => [`${name} is made`, making(make)])),
  ...Object.fromEntries(
    Object.entries(PREDICTORS).map(([name, make]) => [
      `the predictor ${name} is made`,
      making(() => (make as (size: number, rng: Rng) => nn.Module | null)(3, new Rng(1))),
    ]),
  ),
};

/** Runs `fn` with the `failing`th allocation refused. Returns whether it was, which must have been told. */
function refused(failing: number, fn: () => unknown): boolean {
  let asked = 0;
  device.acquire = (bytes, what) => {
    if (++asked === failing) throw new OutOfMemoryError(`${what}: refused`, "this is a test");
    return acquire(bytes, what);
  };
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(OutOfMemoryError);
    return true;
  } finally {
    device.acquire = acquire;
  }
  expect(asked).toBeLessThan(failing);
  return false;
}

async function looks({ changes, shows }: Task): Promise<unknown> {
  const values = [...changes].map(async ([name, t]) => [name, [...(await t.data())]]);
  return JSON.stringify([await Promise.all(values), shows?.()]);
}

test.each(Object.keys(TASKS))("%s whole or not at all", async (name) => {
  for (let failing = 1; ; failing++) {
    const task = TASKS[name]();
    const before = await looks(task);
    const { tensors } = memory();
    if (!refused(failing, task.run)) break;
    expect(memory().tensors).toBe(tensors);
    expect(await looks(task)).toBe(before);
  }
});

test("what layers compute beside their answer goes with the call", () => {
  const x = images();
  const layers = [new nn.BatchNorm2d(3), new nn.GroupNorm(1, 3), new nn.LayerNorm(4), new nn.MaxPool2d(2)];
  for (const layer of layers) {
    const { tensors } = memory();
    const y = layer.forward(x);
    expect(memory().tensors).toBe(tensors + 1);
    y.dispose();
  }
});

test("whether a step updated is one tensor", () => {
  const method = new Tent(new Net(), { lr: 0.1 });
  const { metrics } = method.step(images());
  const { tensors } = memory();
  metrics.updated.dispose();
  expect(memory().tensors).toBe(tensors);
  scope(() => method.dispose());
});
