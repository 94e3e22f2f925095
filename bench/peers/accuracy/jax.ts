// jax-js in the comparison of accuracy: its functions of the fixtures, but for attention, which needs Node 22. Every use
// of an array consumes a reference.
import type { HostArray } from "../library.js";
import type { AccuracyCase, AccuracyLibrary, Functions } from "./library.js";

interface JaxArray {
  readonly ref: JaxArray;
  mul(x: JaxArray): JaxArray;
  add(x: JaxArray): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

type Unary = (x: JaxArray) => JaxArray;
type Binary = (a: JaxArray, b: JaxArray) => JaxArray;
type Axes = number | readonly number[] | null;
type Reduce = (x: JaxArray, axes: Axes, options: { keepdims: boolean }) => JaxArray;

/** What is used of the package. */
export interface JaxFunctions {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): void;
  grad(fn: (...leaves: JaxArray[]) => JaxArray, options: { argnums: number[] }): (...leaves: JaxArray[]) => JaxArray[];
  numpy: Readonly<
    Record<"absolute" | "cos" | "exp" | "log" | "negative" | "reciprocal" | "sin" | "sqrt" | "square" | "tanh", Unary>
  > &
    Readonly<
      Record<
        "add" | "subtract" | "multiply" | "trueDivide" | "maximum" | "minimum" | "power" | "matmul" | "notEqual",
        Binary
      >
    > &
    Readonly<Record<"sum" | "mean" | "max" | "min", Reduce>> & {
      array(data: Float32Array | number[]): JaxArray;
      where(cond: JaxArray, a: JaxArray, b: JaxArray): JaxArray;
      matrixTranspose(x: JaxArray): JaxArray;
      var_(x: JaxArray, axes: Axes, options: { keepdims: boolean; correction: number }): JaxArray;
      linalg: { vectorNorm(x: JaxArray, options: { axis: Axes; keepdims: boolean }): JaxArray };
    };
  nn: Readonly<Record<"relu" | "sigmoid" | "silu", Unary>> & {
    gelu(x: JaxArray, options: { approximate: boolean }): JaxArray;
    softmax(x: JaxArray, axis: number): JaxArray;
    logSoftmax(x: JaxArray, axis: number): JaxArray;
    logsumexp: Reduce;
  };
  lax: {
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: readonly number[],
      padding: readonly (readonly [number, number])[],
      options: { rhsDilation: readonly number[]; featureGroupCount: number },
    ): JaxArray;
  };
}

export async function jaxAccuracy(library: JaxFunctions): Promise<AccuracyLibrary> {
  if (!(await library.init("webgpu")).includes("webgpu")) throw new Error("jax-js found no WebGPU");
  library.defaultDevice("webgpu");
  const functions = functionsOf(library);
  const upload = ({ data, shape }: HostArray) => library.numpy.array(data).reshape(shape);
  return {
    name: "jax-js",
    async run({ op, attrs, inputs, leaves, gy }: AccuracyCase) {
      const fn = Object.hasOwn(functions, op) ? functions[op] : null;
      const names = Object.keys(inputs);
      const call = (given: readonly JaxArray[]) => fn?.(Object.fromEntries(names.map((n, i) => [n, given[i]])), attrs);
      const result = call(names.map((name) => upload(inputs[name])));
      if (!result) return null;
      const y = await result.data();
      if (!gy || leaves.length === 0) return { y, gradients: null };
      const loss = (...given: JaxArray[]) =>
        library.numpy.sum((call(given) as JaxArray).mul(upload(gy)), null, { keepdims: false });
      const argnums = leaves.map((leaf) => names.indexOf(leaf));
      const gradients = library.grad(loss, { argnums })(...names.map((name) => upload(inputs[name])));
      return { y, gradients: await Promise.all(gradients.map((gradient) => gradient.data())) };
    },
  };
}

function functionsOf({ numpy: np, nn, lax }: JaxFunctions): Functions<JaxArray> {
  const unary =
    (fn: Unary) =>
    ({ x }: Readonly<Record<string, JaxArray>>) =>
      fn(x);
  const binary =
    (fn: Binary) =>
    ({ a, b }: Readonly<Record<string, JaxArray>>) =>
      fn(a, b);
  const turned = (x: JaxArray, turn: boolean) => (turn ? np.matrixTranspose(x) : x);
  return {
    abs: unary(np.absolute),
    add: binary(np.add),
    conv2d({ x, weight, bias }, { stride, padding: [h, w], dilation, groups }) {
      const padding = [
        [h, h],
        [w, w],
      ] as const;
      const y = lax.convGeneralDilated(x, weight, stride, padding, {
        rhsDilation: dilation,
        featureGroupCount: groups,
      });
      return bias ? y.add(bias.reshape([1, -1, 1, 1])) : y;
    },
    cos: unary(np.cos),
    div: binary(np.trueDivide),
    exp: unary(np.exp),
    gelu: ({ x }, { approximate }) => nn.gelu(x, { approximate: approximate === "tanh" }),
    l2_norm: ({ x }, { axes, keepdim }) => np.linalg.vectorNorm(x, { axis: axes, keepdims: keepdim }),
    log: unary(np.log),
    log_softmax: ({ x }, { axis }) => nn.logSoftmax(x, axis),
    logsumexp: ({ x }, { axis, keepdim }) => nn.logsumexp(x, axis, { keepdims: keepdim }),
    matmul: ({ a, b }, attrs) => np.matmul(turned(a, attrs.transpose_a), turned(b, attrs.transpose_b)),
    max: ({ x }, { axes, keepdim }) => np.max(x, axes, { keepdims: keepdim }),
    maximum: binary(np.maximum),
    mean: ({ x }, { axes, keepdim }) => np.mean(x, axes, { keepdims: keepdim }),
    min: ({ x }, { axes, keepdim }) => np.min(x, axes, { keepdims: keepdim }),
    minimum: binary(np.minimum),
    mul: binary(np.multiply),
    neg: unary(np.negative),
    pow: binary(np.power),
    pow_scalar: ({ x }, { exponent }) => np.power(x, np.array([exponent]).reshape([])),
    reciprocal: unary(np.reciprocal),
    relu: unary(nn.relu),
    sigmoid: unary(nn.sigmoid),
    silu: unary(nn.silu),
    sin: unary(np.sin),
    softmax: ({ x }, { axis }) => nn.softmax(x, axis),
    sqrt: unary(np.sqrt),
    square: unary(np.square),
    sub: binary(np.subtract),
    sum: ({ x }, { axes, keepdim }) => np.sum(x, axes, { keepdims: keepdim }),
    tanh: unary(np.tanh),
    var: ({ x }, { axes, keepdim, correction }) => np.var_(x, axes, { keepdims: keepdim, correction }),
    where: ({ cond, a, b }) => np.where(np.notEqual(cond, np.array([0]).reshape([])), a, b),
  };
}
