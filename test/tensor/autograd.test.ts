// Reverse mode: which nodes are visited, what is freed, and gradients against closed forms.
import { beforeAll, describe, expect, test } from "vitest";
import {
  backward,
  ConfigError,
  describeGraph,
  type GradNode,
  grad,
  type LeafNames,
  memory,
  noGrad,
  openDevice,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../src/tensor/index.js";
import { type AnyOp, defineOp, exact, type HostTensor, type TensorInfo } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";

beforeAll(async () => {
  await openDevice();
});

const leaf = (values: number[]): Tensor => tensor(values).setRequiresGrad(true);
const values = async (t: Tensor | null): Promise<number[]> => (t ? [...(await t.data())] : []);

describe("grad", () => {
  test("refuses an input that requires no gradient, and gives zeros where the loss does not depend on one", async () => {
    const [x, constant, apart] = [leaf([1, 2]), tensor([3, 4]), leaf([5, 6])];
    const loss = () => x.mul(constant).sum();
    expect(() => scope(() => grad(loss(), [x, constant]))).toThrow(
      /does not require a gradient\n {2}help: call setReq/,
    );
    expect(await values(scope(() => grad(loss(), [apart]))[0])).toEqual([0, 0]);
  });

  test("refuses a derivative of the wrong shape, even of the right size", () => {
    const op = defineOp({
      name: "crooked",
      doc: "a derivative of the wrong shape",
      inputs: ["x"],
      infer: ([x]) => [x as TensorInfo],
      reference: ([x]) => [(x as HostTensor).data],
      vjp: (g) => [g.reshape([3, 2])],
      tolerance: exact,
      samples: [],
    });
    const x = zeros([2, 3], { requiresGrad: true });
    expect(() => scope(() => grad(apply(op as AnyOp, [x], [])[0].sum(), [x]))).toThrow(
      /\[3, 2\] does not fit input \[2, 3\]/,
    );
  });
});

describe("backward", () => {
  test("adds up over every use of a leaf", async () => {
    const x = leaf([1, 2, 3]);
    scope(() => backward(x.mul(x).add(x).sum()));
    expect(await values(x.grad)).toEqual([3, 5, 7]); // 2x + 1
  });

  test("accumulates into .grad until it is dropped", async () => {
    const x = leaf([1, 2]);
    scope(() => backward(x.mul(3).sum()));
    scope(() => backward(x.mul(4).sum()));
    expect(await values(x.grad)).toEqual([7, 7]);
  });

  test("sums a gradient over the dimensions along which its input was broadcast", async () => {
    const bias = leaf([1, 2]);
    scope(() =>
      backward(
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ])
          .mul(bias)
          .sum(),
      ),
    );
    expect(await values(bias.grad)).toEqual([9, 12]);
  });

  test("visits only what leads to a wanted leaf", () => {
    const frozen = tensor([1, 2]);
    const wanted = leaf([3, 4]);
    const other = leaf([5, 6]);
    const visited: string[] = [];
    scope(() => {
      const hidden = other.mul(other).mul(other);
      const loss = frozen.mul(frozen).mul(wanted).add(hidden).sum();
      grad(loss, [wanted], { onVisit: (node: GradNode) => visited.push(node.op.name) });
    });
    expect(visited).toEqual(["sum", "add", "mul"]); // one mul of five: the one that `wanted` enters
  });

  test("does not visit what lies above stopGradient", async () => {
    const x = leaf([2, 3]);
    const visited: string[] = [];
    scope(() => {
      const target = x.mul(x).mul(x).stopGradient();
      backward(x.mul(target).sum(), { onVisit: (node) => visited.push(node.op.name) });
    });
    expect(visited).toEqual(["sum", "mul"]);
    expect(await values(x.grad)).toEqual([8, 27]); // target itself, not 4x³
  });

  test("gives gradients of gradients when the backward pass is recorded", async () => {
    const x = leaf([2, 3]);
    const [second] = scope(() => {
      const [first] = grad(x.mul(x).mul(x).sum(), [x], { createGraph: true });
      return grad(first.sum(), [x]);
    });
    expect(await values(second)).toEqual([12, 18]); // 6x
  });

  test("refuses gradients of gradients through any result of an op without a derivative", () => {
    const [g, x] = [leaf([1, 2]), leaf([3, 5])];
    scope(() => {
      const [, byBias] = g.layerNormAffineGrad(x, tensor([4, 0]), tensor(1), 1);
      expect(() => grad(byBias.sum(), [g])).toThrow(/layerNormAffineGrad has no derivative/);
    });
  });

  test("refuses a second derivative by a leaf that was assigned in between: what it saved is another value", () => {
    const x = leaf([2]);
    scope(() => {
      const y = x.square().sum();
      x.assign(tensor([3]));
      expect(() => grad(y, [x], { createGraph: true })).toThrow(/x of square was assigned/);
    });
  });

  test("gives every input a gradient of its own to dispose", async () => {
    const [x, y] = [leaf([1]), leaf([2])];
    const start = tensor([5]);
    const [gx, gy] = scope(() => grad(x.add(y), [x, y], { gradient: start }));
    gx.dispose();
    start.dispose();
    expect(await values(gy)).toEqual([5]);
  });

  test("walks graphs deeper than the stack", async () => {
    const x = leaf([1]);
    scope(() => {
      let y: Tensor = x;
      for (let i = 0; i < 20000; i++) y = y.reshape([1]);
      backward(y.sum());
    });
    expect(await values(x.grad)).toEqual([1]);
  });

  test("records nothing in noGrad", () => {
    const x = leaf([1, 2]);
    scope(() => expect(noGrad(() => x.mul(x)).requiresGrad).toBe(false));
  });
});

describe("memory", () => {
  test("frees the graph with the last tensor that reaches it", () => {
    const before = memory();
    const x = leaf([1, 2]);
    const y = x.mul(x).mul(x); // the inner product's handle goes out of use, not out of memory
    expect(memory().nodes).toBe(before.nodes + 2);
    y.dispose();
    expect(memory().nodes).toBe(before.nodes + 1);
    x.dispose();
  });

  test("keeps what the derivative needs although its handle is disposed", async () => {
    const x = leaf([2]);
    const y = x.mul(x);
    const z = y.mul(y);
    y.dispose();
    backward(z);
    expect(await values(x.grad)).toEqual([32]); // 4x³
  });
});

describe("errors", () => {
  test("a loss of several elements needs a gradient", () => {
    expect(() => backward(leaf([1, 2]).mul(2))).toThrow(/f32\[2\] has 2 elements.*\n.*help: reduce the loss/);
  });
  test("a tensor that depends on no leaf has no graph", () => {
    expect(() => backward(tensor(1).mul(2))).toThrow(/has no graph/);
  });
  test("a graph is used once unless retained", () => {
    const loss = leaf([1]).mul(2).mul(3);
    backward(loss, { retainGraph: true });
    backward(loss);
    expect(() => backward(loss)).toThrow(/freed by an earlier backward/);
  });
});

test("describeGraph refuses names that are no Map", () => {
  const w = leaf([1, 2]);
  expect(() => describeGraph(w.sum(), { w } as unknown as LeafNames)).toThrow(ConfigError);
});

test("describeGraph prints the asymmetry that stopGradient makes", () => {
  const w = leaf([1, 2]);
  scope(() => {
    const z = w.mul(tensor([3, 4]));
    const loss = z.mul(z.mul(z).stopGradient()).sum();
    expect(describeGraph(loss, new Map([["w", w]]))).toMatchInlineSnapshot(`
      "#5 sum [] ← #4
      #4 mul [2] ← #1, #3
      #3 stopGradient [2] ← #2 (backward stops here)
      #1 mul [2] ← w, constant [2]
      not visited:
        #2 mul [2] ← #1, #1"
    `);
  });
});

test("options that nobody knows are refused, and the graph stays", () => {
  const w = tensor([1, 2], null, { requiresGrad: true });
  const loss = w.square().sum();
  const slip = { retain_graph: true } as object;
  expect(() => backward(loss, slip)).toThrow('backward: unknown option "retain_graph"');
  expect(() => grad(loss, [w], slip)).toThrow('grad: unknown option "retain_graph"');
  expect(grad(loss, [w])).toHaveLength(1);
});
