// gradcheck: right derivatives pass, wrong ones are found and named, and the inputs are left as they were.
import { beforeAll, describe, expect, test } from "vitest";
import { elementwise } from "../../src/kernels/lib/elementwise/elementwise.js";
import {
  cat,
  gradcheck,
  memory,
  openDevice,
  Rng,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../src/tensor/index.js";
import { ulp } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";

beforeAll(async () => {
  await openDevice();
});

const rng = new Rng(3);
const leaf = (...shape: Shape): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal()),
    shape,
    { requiresGrad: true },
  );

/** a b, with the derivative by b spoiled. */
const wrongProduct = (spoil: (gb: Tensor) => Tensor) => {
  const op = elementwise({
    name: "wrongProduct",
    doc: "a b",
    inputs: ["a", "b"],
    wgsl: "a * b",
    value: ([a, b]) => a * b,
    saves: ["a", "b"],
    vjp: (g, { a, b }) => [g.mul(b), spoil(g.mul(a))],
    tolerance: ulp(1),
    samples: [],
  });
  return (a: Tensor, b: Tensor) => apply(op as Parameters<typeof apply>[0], [a, b], [])[0];
};

/** 1.5 times as much at `at`. */
const spoiledAt = (at: number) => (gb: Tensor) =>
  gb.mul(
    tensor(
      Array.from({ length: gb.size }, (_, i) => (i === at ? 1.5 : 1)),
      gb.shape,
    ),
  );

describe("passes", () => {
  test.each<[string, (...inputs: Tensor[]) => Tensor, Shape[]]>([
    ["products", (a, b) => a.matmul(b), [[3, 4], [4, 2]]], // biome-ignore format: a case a line
    ["softmax, whose Jacobian is full", (x) => x.softmax(), [[2, 5]]],
    ["layerNorm", (x, w, b) => x.layerNorm(w, b)[0], [[3, 8], [8], [8]]], // biome-ignore format: a case a line
    ["convolution", (x, w) => x.conv2d(w, null, { padding: 1 }), [[1, 2, 4, 4], [3, 2, 3, 3]]], // biome-ignore format: a case a line
    ["a chain of ops", (x) => x.square().add(1).log().mul(x.tanh()).sum(), [[7]]],
    ["large values, with a step to match", (x) => x.mul(1e4).square().mean(), [[4]]],
    ["the identity", (x) => x, [[3]]],
    ["a scalar", (x) => x.exp(), [[]]],
    ["no elements", (x) => x.exp(), [[0, 3]]],
  ])("%s", async (_, f, shapes) => {
    const inputs = shapes.map((shape) => leaf(...shape));
    await gradcheck(f, inputs);
    await gradcheck(f, inputs, { fast: true });
  });

  test.each<[string, (x: Tensor) => Tensor]>([
    ["gradients of zero", (x) => x.mul(0).add(1e4)],
    ["gradients of zero but for rounding", (x) => x.softmax().sum()],
    ["small gradients beside large ones", (x) => x.mul(tensor([1, 1e-6, 1e-6, 1e-6]))],
  ])("%s", async (_, f) => {
    const x = tensor([0.3, -1.2, 0.7, 1.9], null, { requiresGrad: true });
    await gradcheck(f, [x]);
    await gradcheck(f, [x], { fast: true });
  });

  test("more elements than the Jacobian is good for, along directions", async () => {
    await gradcheck((x, w) => x.matmul(w).gelu().softmaxEntropy().mean(), [leaf(16, 64), leaf(64, 32)]);
  });

  test("with inputs that want no gradient, and parameters that f reads where they are", async () => {
    const weight = leaf(5, 3);
    const index = tensor([4, 0, 4], null, { dtype: "i32" });
    await gradcheck((i) => weight.embedding(i), [index, weight]);
  });
});

describe("finds", () => {
  test("one wrong entry of a Jacobian", async () => {
    const f = wrongProduct(spoiledAt(4));
    const a = tensor([1, 1, 1, 1, 2, 1], [2, 3]);
    await expect(gradcheck(f, [a, leaf(2, 3)])).rejects.toThrow(
      /^gradcheck: input 1 \(f32\[2, 3\]\), gradient of element \[1, 1\], of element \[1, 1\] of the result: expected (2\.0|1\.99)\d+ by differences, got 3\.00000 by backward/,
    );
  });

  test("one wrong element among many, along a direction", async () => {
    const f = wrongProduct(spoiledAt(77));
    const [a, b] = [tensor(new Float32Array(100).fill(2), [10, 10]), leaf(10, 10)];
    const error = await gradcheck(f, [a, b], { fast: true }).catch((e) => e);
    expect(error.name).toBe("GradError");
    expect(error.message).toMatch(/input 1 \(f32\[10, 10\]\), gradient of element \[7, 7\], of a random weighting/);
  });

  test("no element where f bends too much along the direction alone", async () => {
    const x = leaf(64);
    const f = (v: Tensor) => v.sum().mul(10).sin();
    const error = await gradcheck(f, [x], { fast: true }).catch((e) => e);
    expect(error.message).toMatch(
      /gradient along a random direction, .*, though the gradient of element \[\d+\] is right: /,
    );
    expect(error.help).toContain("{ fast: false }");
    await gradcheck(f, [x], { fast: false });
    await gradcheck(f, [x], { fast: true, eps: 1e-3 });
  });

  test.each<[string, (gb: Tensor) => Tensor]>([
    ["a sign", (gb) => gb.neg()],
    ["a factor", (gb) => gb.mul(1.1)],
    ["a missing gradient", (gb) => gb.mul(0)],
    ["NaN", (gb) => gb.mul(Number.NaN)],
  ])("%s", async (_, spoil) => {
    const inputs = [leaf(4), leaf(4)];
    for (const fast of [false, true]) {
      await expect(gradcheck(wrongProduct(spoil), inputs, { fast })).rejects.toThrow("gradcheck: input 1 (f32[4])");
    }
  });

  const offset = (spoil: (gb: Tensor) => Tensor, by: number) => (a: Tensor, b: Tensor) =>
    wrongProduct(spoil)(a, b).add(by);
  test.each<[string, (...inputs: Tensor[]) => Tensor]>([
    ["a factor of 1/2 beside 10⁴", offset((gb) => gb.mul(0.5), 1e4)],
    ["a missing gradient beside 10⁴", offset((gb) => gb.mul(0), 1e4)],
    ["a right gradient beside 10⁴", offset((gb) => gb, 1e4)],
    ["a missing gradient below atol", (a, b) => wrongProduct((gb) => gb.mul(0))(a, b.mul(1e-5))],
  ])("that it could not find: %s", async (_, f) => {
    const [a, b] = [tensor([1, 1.2, 0.9]), tensor([1, -1, 0.5], null, { requiresGrad: true })];
    for (const fast of [false, true]) {
      await expect(gradcheck(f, [a, b], { fast })).rejects.toThrow("cannot resolve the gradient of input 1 (f32[3])");
    }
  });

  test("what atol hid when that is smaller", async () => {
    const f = (a: Tensor, b: Tensor) => wrongProduct((gb) => gb.mul(0))(a, b.mul(1e-5));
    const check = gradcheck(f, [tensor([1]), tensor([2], null, { requiresGrad: true })], { atol: 1e-9 });
    await expect(check).rejects.toThrow(/gradient of element \[0\].* got 0\.00000 by backward/);
  });

  test("a gradient that is stopped", async () => {
    await expect(gradcheck((x) => x.mul(x.stopGradient()), [leaf(3)])).rejects.toThrow("input 0");
  });
});

describe("refuses", () => {
  test.each<[string, () => Promise<void>, RegExp]>([
    ["inputs without gradients", () => gradcheck((x) => x, [tensor([1])]), /^gradcheck: none of 1 inputs requires/],
    [
      "results as inputs",
      () => gradcheck((x) => x, [leaf(2).exp()]),
      /^gradcheck: input 0 is the result of an operation/,
    ],
    ["integers", () => gradcheck((x) => x.cast("i32"), [leaf(2)]), /^gradcheck: f gives i32\[2\]/],
    [
      "NaN in an input",
      () => gradcheck((x) => x, [leaf(1, 2).assign(tensor([[1, NaN]]))]),
      /input 0 is NaN at \[0, 1\]/,
    ],
    ["infinite results", () => gradcheck((x) => x.mul(0).reciprocal(), [leaf(2)]), /the result is -?Infinity at \[0\]/],
    ["chance", () => gradcheck((x) => x.mul(rng.normal()), [leaf(2)]), /another result for the same inputs/],
    [
      "a step that moves nothing",
      () => gradcheck((x) => x, [leaf(2)], { eps: 1e-12 }),
      /^gradcheck: eps is 1e-12\n.*help/,
    ],
    [
      "an option that it does not know",
      () => gradcheck((x) => x, [leaf(2)], { ...{ epsilon: 1 }, seed: 0 }),
      /^gradcheck: unknown option "epsilon"\n.*did you mean eps\? It takes eps, atol, rtol, fast, seed$/,
    ],
    ["a step of NaN", () => gradcheck((x) => x, [leaf(2)], { eps: Number.NaN }), /^gradcheck: eps is NaN/],
    ["a step back", () => gradcheck((x) => x, [leaf(2)], { eps: -0.01 }), /^gradcheck: eps is -0.01/],
    ["an endless atol", () => gradcheck((x) => x, [leaf(2)], { atol: Infinity }), /^gradcheck: atol is Infinity/],
    ["a negative rtol", () => gradcheck((x) => x, [leaf(2)], { rtol: -1 }), /^gradcheck: rtol is -1/],
    [
      "promises",
      () => gradcheck((async (x: Tensor) => x) as never, [leaf(2)]),
      /^gradcheck: f gives a promise\n.*help/,
    ],
    ["lists of results", () => gradcheck(((x: Tensor) => [x]) as never, [leaf(2)]), /^gradcheck: f gives an array/],
    ["no result", () => gradcheck((() => undefined) as never, [leaf(2)]), /^gradcheck: f gives undefined/],
    ["results without a graph", () => gradcheck((x) => x.detach(), [leaf(2)]), /has no graph/],
  ])("%s", async (_, check, message) => {
    await expect(check()).rejects.toThrow(message);
  });
});

test("leaves the inputs as they were, and no memory behind, whether it passes or not", async () => {
  const [a, b] = [leaf(3), leaf(3)];
  const values = [...(await b.data())];
  const before = memory();
  await gradcheck((x, y) => cat([x, y]).tanh(), [a, b]);
  for (const fast of [false, true]) {
    await expect(
      gradcheck(
        wrongProduct((gb) => gb.neg()),
        [a, b],
        { fast },
      ),
    ).rejects.toThrow("input 1");
  }
  let calls = 0;
  const failing = (x: Tensor, y: Tensor) => {
    if (++calls === 5) throw new Error("the fifth call");
    return x.mul(y);
  };
  await expect(gradcheck(failing, [a, b])).rejects.toThrow("the fifth call");
  const { tensors, nodes } = memory();
  expect({ tensors, nodes }).toEqual({ tensors: before.tensors, nodes: before.nodes });
  expect([...(await b.data())]).toEqual(values);
});
