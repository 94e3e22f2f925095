// Modules: names, state dicts, modes and files.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  BatchNorm2d,
  Conv2d,
  DigitsNet,
  GELU,
  GroupNorm,
  LayerNorm,
  Linear,
  loadTensors,
  loadWeights,
  MaxPool2d,
  Module,
  Parameter,
  ReLU,
  ResNet20,
  Sequential,
  saveSafetensors,
  saveTensors,
} from "../../src/nn/index.js";
import { toStored } from "../../src/nn/io/convert.js";
import { loadModel } from "../../src/nn/models/registry.js";
import {
  CheckpointError,
  ConfigError,
  memory,
  ones,
  openDevice,
  Rng,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";

beforeAll(async () => {
  await openDevice();
});

describe("names", () => {
  test("of nested modules are PyTorch's dotted paths", () => {
    const net = new Sequential(
      new Conv2d(1, 2, 3),
      new BatchNorm2d(2),
      new Sequential(new Linear(4, 5, { bias: false })),
    );
    expect([...net.stateDict().keys()]).toEqual([
      "0.weight",
      "0.bias",
      "1.weight",
      "1.bias",
      "1.running_mean",
      "1.running_var",
      "2.0.weight",
    ]);
    expect([...net.namedBuffers().keys()]).toEqual(["1.running_mean", "1.running_var"]);
    expect(net.parameters()).toHaveLength(5);
  });

  test("of a shared module are all in the state dict, but its parameters are learned once", () => {
    const shared = new Linear(2, 2, { bias: false });
    const net = new Sequential(shared, new ReLU(), shared);
    expect([...net.stateDict().keys()]).toEqual(["0.weight", "2.weight"]);
    expect([...net.namedParameters().keys()]).toEqual(["0.weight"]);
    expect([...net.namedModules()].map(([name]) => name)).toEqual(["", "0", "1"]);
  });

  test("leave out a field that is null", () => {
    const net = new Linear(1, 1, { bias: false });
    expect(net.bias).toBeNull();
    expect([...net.stateDict().keys()]).toEqual(["weight"]);
  });

  test("of a prefix stand before the others", () => {
    expect([...new Linear(1, 1).namedParameters("head").keys()]).toEqual(["head.weight", "head.bias"]);
  });
});

describe("modes", () => {
  test("reach every layer", () => {
    const net = new Sequential(new BatchNorm2d(2), new Sequential(new BatchNorm2d(2)));
    net.eval();
    expect([...net.namedModules()].every(([, module]) => !module.training)).toBe(true);
  });

  test("freezing reaches every parameter", () => {
    const net = new DigitsNet().requiresGrad(false);
    expect(net.parameters().some((p) => p.requiresGrad)).toBe(false);
  });
});

test("activations and pooling are modules too", async () => {
  const net = new Sequential(new ReLU(), new MaxPool2d(2), new GELU("tanh"));
  const y = await net.forward(tensor([-1, 2, 0.5, -3], [1, 1, 2, 2])).data();
  expect(y[0]).toBeCloseTo(1.954597, 5); // gelu(2), tanh form
});

test("layers refuse groups that do not divide the channels, and hold nothing", () => {
  const live = memory().tensors;
  expect(() => new GroupNorm(3, 8)).toThrow(ConfigError);
  expect(() => new Conv2d(4, 6, 3, { groups: 3 })).toThrow(ConfigError);
  expect(() => new Conv2d(6, 4, 3, { groups: 3 })).toThrow(ConfigError);
  expect(memory().tensors).toBe(live);
});

test("a module made in a scope outlives it, buffers too", () => {
  const net = scope(() => ({ made: new BatchNorm2d(2) })).made;
  expect([...net.stateDict()].filter(([, t]) => t.disposed)).toEqual([]);
});

describe("batch norm", () => {
  const x = () => tensor([1, 2, 3, 4, 10, 20, 30, 40], [2, 2, 1, 2]); // channel 0: 1 2 10 20; channel 1: 3 4 30 40

  test("keeps running statistics in training, with the unbiased variance", async () => {
    const norm = new BatchNorm2d(2, { momentum: 0.5 });
    norm.forward(x());
    const mean = 33 / 4;
    const squares = [1, 2, 10, 20].reduce((sum, v) => sum + (v - mean) ** 2, 0);
    expect((await norm.running_mean.data())[0]).toBeCloseTo(0.5 * mean, 5);
    expect((await norm.running_var.data())[0]).toBeCloseTo(0.5 + (0.5 * squares) / 3, 4);
  });

  test("refuses to keep the variance of one value a channel, as PyTorch does", async () => {
    const norm = new BatchNorm2d(2);
    expect(() => norm.forward(tensor([1, 2], [1, 2, 1, 1]))).toThrow(ShapeError);
    expect([...(await norm.running_var.data())]).toEqual([1, 1]);
  });

  test("uses them in evaluation", async () => {
    const norm = new BatchNorm2d(2).eval();
    expect((await norm.forward(x()).data())[0]).toBeCloseTo(1 / Math.sqrt(1 + 1e-5), 6);
  });

  test("uses the batch and keeps nothing when told so", async () => {
    const norm = new BatchNorm2d(2).eval() as BatchNorm2d;
    norm.useBatchStatistics = true;
    const y = await norm.forward(x()).data();
    expect(y[0] + y[1] + y[4] + y[5]).toBeCloseTo(0, 5);
    expect([...(await norm.running_mean.data())]).toEqual([0, 0]);
  });
});

describe("state", () => {
  test("that does not fit is refused whole, with every mismatch", async () => {
    const net = new Linear(2, 3);
    const before = [...(await net.weight.data())];
    const given = new Map([
      ["weight", tensor(new Float32Array(6), [2, 3])],
      ["scale", tensor(1)],
    ]);
    expect(() => net.loadStateDict(given)).toThrowErrorMatchingInlineSnapshot(`
      [CheckpointError: Linear: 3 tensors do not fit
        weight is f32[2, 3], expected f32[3, 2]
        missing bias f32[3]
        unexpected scale
        help: keys and shapes must be this model's; \`strict: false\` loads the keys that are]
    `);
    expect([...(await net.weight.data())]).toEqual(before);
  });

  test("not strict loads the keys that are there, and refuses when none is or a shape differs", async () => {
    const net = new Linear(2, 1);
    const bias = [...(await (net.bias as Tensor).data())];
    net.loadStateDict(
      new Map([
        ["weight", tensor([[5, 6]])],
        ["scale", tensor(1)],
      ]),
      { strict: false },
    );
    expect([...(await net.weight.data())]).toEqual([5, 6]);
    expect([...(await (net.bias as Tensor).data())]).toEqual(bias);
    const load = (name: string, value: Tensor) => () => net.loadStateDict(new Map([[name, value]]), { strict: false });
    expect(load("scale", tensor(1))).toThrow(/no key is known/);
    expect(load("bias", tensor([1, 2]))).toThrow(/bias is f32\[2\], expected f32\[1\]/);
  });

  test("with a disposed tensor is refused whole", async () => {
    const net = new Linear(2, 3);
    const before = [...(await net.weight.data())];
    const gone = tensor(new Float32Array(3));
    gone.dispose();
    const given = new Map([
      ["weight", tensor(new Float32Array(6), [3, 2])],
      ["bias", gone],
    ]);
    expect(() => net.loadStateDict(given)).toThrow("bias is disposed");
    expect([...(await net.weight.data())]).toEqual(before);
  });

  test("of a file that cannot be read whole holds nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-"));
    const path = join(folder, "w.safetensors");
    await saveSafetensors(path, [
      ["a", toStored([1], new Float32Array(1))],
      ["b", { dtype: "F8_E4M3", shape: [1], data: new Uint8Array(1) }],
    ]);
    const live = memory().tensors;
    await expect(loadTensors(path)).rejects.toThrow(CheckpointError);
    await expect(loadModel("digits", path)).rejects.toThrow(CheckpointError);
    await expect(loadModel("resnet", path)).rejects.toThrow(ConfigError);
    expect(memory().tensors).toBe(live);
    await rm(folder, { recursive: true });
  });

  test("of a file with a NaN is refused by the tensor's name, and changes nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-"));
    const path = join(folder, "w.safetensors");
    const [net, other] = [new Linear(2, 2), new Linear(2, 2)];
    const before = [...(await other.weight.data())];
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      net.bias?.assign(tensor([0, odd]));
      await saveTensors(path, net.stateDict());
      const live = memory().tensors;
      await expect(loadWeights(other, path)).rejects.toThrow("NaN or infinite values in 1 of 2 tensors: bias");
      expect(memory().tensors).toBe(live);
    }
    expect([...(await other.weight.data())]).toEqual(before);
    await rm(folder, { recursive: true });
  });

  test("goes to a file and back, bit for bit, past PyTorch's batch counters", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zerosiam-"));
    const path = join(folder, "w.safetensors");
    const net = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2));
    await saveTensors(path, new Map([...net.stateDict(), ["1.num_batches_tracked", tensor(new Int32Array([7]), [])]]), [
      ["by", "us"],
    ]);
    const other = await loadWeights(new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2)), path);
    for (const [name, t] of other.stateDict()) {
      expect([...(await t.data())]).toEqual([...((await net.stateDict().get(name)?.data()) ?? [])]);
    }
    expect((await loadTensors(path)).metadata.get("by")).toBe("us");
    await expect(loadWeights(new DigitsNet(), path)).rejects.toThrow(CheckpointError);
    await rm(folder, { recursive: true });
  });
});

test("the same seed gives the same weights", async () => {
  const [a, b, c] = [1, 1, 2].map((seed) => new DigitsNet({ rng: new Rng(seed) }));
  const [x, y, z] = await Promise.all([a, b, c].map((net) => net.conv2.weight.data()));
  expect([...x]).toEqual([...y]);
  expect([...x]).not.toEqual([...z]);
});

test.each([
  ["Linear", (slip: object) => new Linear(2, 2, slip)],
  ["Conv2d", (slip: object) => new Conv2d(1, 1, 3, slip)],
  ["GroupNorm", (slip: object) => new GroupNorm(1, 2, slip)],
  ["LayerNorm", (slip: object) => new LayerNorm(2, slip)],
  ["BatchNorm2d", (slip: object) => new BatchNorm2d(2, slip)],
  ["DigitsNet", (slip: object) => new DigitsNet(slip)],
  ["ResNet20", (slip: object) => new ResNet20(slip)],
])("%s refuses options that it does not know, and holds nothing", (name, make) => {
  const live = memory().tensors;
  expect(() => make({ epsilon: 1 })).toThrow(ConfigError);
  expect(() => make({ epsilon: 1 })).toThrow(`${name}: unknown option "epsilon"`);
  expect(memory().tensors).toBe(live);
});

test("DigitsNet takes no options of its layers", () => {
  expect(() => new DigitsNet({ bias: true } as object)).toThrow('DigitsNet: unknown option "bias"');
});

test("a part that refers back to what it is a part of is no part of itself", () => {
  class Part extends Module {
    readonly weight = new Parameter(ones([2]));
    owner: Module | null = null;
    forward(x: Tensor): Tensor {
      return x.mul(this.weight);
    }
  }
  class Owner extends Part {
    readonly part = new Part();
  }
  const owner = new Owner();
  owner.part.owner = owner;
  expect([...owner.stateDict().keys()]).toEqual(["weight", "part.weight"]);
  expect(owner.parameters()).toHaveLength(2);
  expect([...owner.part.stateDict().keys()]).toEqual(["weight", "owner.weight"]);
  owner.dispose();
  expect(owner.part.weight.disposed).toBe(true);
});
