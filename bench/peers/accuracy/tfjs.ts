// TensorFlow.js in the comparison of accuracy: its functions of the fixtures, images turned to channels last and back.
import type { HostArray } from "../library.js";
import type { AccuracyCase, AccuracyLibrary, Functions } from "./library.js";

interface TfTensor {
  readonly shape: number[];
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

type Unary = (x: TfTensor) => TfTensor;
type Binary = (a: TfTensor, b: TfTensor) => TfTensor;
type Axes = number | readonly number[] | null;
type Reduce = (x: TfTensor, axes: Axes | undefined, keepDims: boolean) => TfTensor;
type Padding = number | readonly (readonly [number, number])[];
type Size = readonly [number, number];

/** What is used of the package. */
export interface TfFunctions
  extends Readonly<
      Record<
        | "abs"
        | "cos"
        | "exp"
        | "log"
        | "neg"
        | "reciprocal"
        | "relu"
        | "rsqrt"
        | "sigmoid"
        | "sin"
        | "sqrt"
        | "square"
        | "tanh",
        Unary
      >
    >,
    Readonly<Record<"add" | "sub" | "mul" | "div" | "maximum" | "minimum" | "pow", Binary>>,
    Readonly<Record<"sum" | "mean" | "max" | "min" | "logSumExp", Reduce>> {
  env(): { set(flag: string, value: boolean): void };
  setBackend(name: "webgpu"): Promise<boolean>;
  tidy<T extends TfTensor | TfTensor[]>(fn: () => T): T;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  scalar(value: number): TfTensor;
  where(cond: TfTensor, a: TfTensor, b: TfTensor): TfTensor;
  notEqual: Binary;
  matMul(a: TfTensor, b: TfTensor, transposeA: boolean, transposeB: boolean): TfTensor;
  softmax(x: TfTensor, axis: number): TfTensor;
  logSoftmax(x: TfTensor, axis: number): TfTensor;
  moments(x: TfTensor, axes: Axes | undefined, keepDims: boolean): { variance: TfTensor };
  norm(x: TfTensor, kind: "euclidean", axes: Axes | undefined, keepDims: boolean): TfTensor;
  conv2d(x: TfTensor, w: TfTensor, strides: Size, padding: Padding, format: "NHWC", dilation: Size): TfTensor;
  maxPool(x: TfTensor, size: Size, strides: Size, padding: Padding): TfTensor;
  avgPool(x: TfTensor, size: Size, strides: Size, padding: Padding): TfTensor;
  batchNorm(x: TfTensor, mean: TfTensor, variance: TfTensor, offset: TfTensor, scale: TfTensor, eps: number): TfTensor;
  transpose(x: TfTensor, order: readonly number[]): TfTensor;
  grads(fn: (...leaves: TfTensor[]) => TfTensor): (leaves: TfTensor[], gradient: TfTensor) => TfTensor[];
}

export async function tfjsAccuracy(tf: TfFunctions): Promise<AccuracyLibrary> {
  tf.env().set("WEBGPU_CPU_FORWARD", false); // small tensors would otherwise be computed on the CPU
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js found no WebGPU");
  const functions = functionsOf(tf);
  const upload = ({ data, shape }: HostArray) => tf.tensor(data, shape);
  return {
    name: "tfjs",
    async run({ op, attrs, inputs, leaves, gy }: AccuracyCase) {
      const fn = Object.hasOwn(functions, op) ? functions[op] : null;
      const named = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, upload(array)]));
      const result = fn?.(named, attrs);
      if (!result) return null;
      const y = await result.data();
      if (!gy || leaves.length === 0) return { y, gradients: null };
      const ofLeaves = (...given: TfTensor[]) =>
        fn?.({ ...named, ...Object.fromEntries(leaves.map((name, i) => [name, given[i]])) }, attrs) as TfTensor;
      const gradients = tf.grads(ofLeaves)(
        leaves.map((name) => named[name]),
        upload(gy),
      );
      return { y, gradients: await Promise.all(gradients.map((gradient) => gradient.data())) };
    },
  };
}

const LAST = [0, 2, 3, 1];
const FIRST = [0, 3, 1, 2];

function functionsOf(tf: TfFunctions): Functions<TfTensor> {
  const unary =
    (fn: Unary) =>
    ({ x }: Readonly<Record<string, TfTensor>>) =>
      fn(x);
  const binary =
    (fn: Binary) =>
    ({ a, b }: Readonly<Record<string, TfTensor>>) =>
      fn(a, b);
  const padded = ([h, w]: Size): Padding =>
    h + w === 0
      ? 0
      : [
          [0, 0],
          [h, h],
          [w, w],
          [0, 0],
        ];
  const images = (fn: Unary) => (x: TfTensor) => tf.transpose(fn(tf.transpose(x, LAST)), FIRST);
  const along = (axes: Axes) => axes ?? undefined;
  return {
    abs: unary(tf.abs),
    add: binary(tf.add),
    avg_pool2d: ({ x }, { kernel, stride, padding, count_include_pad }) =>
      count_include_pad && padding[0] + padding[1] > 0 // zeros are never counted here
        ? null
        : images((t) => tf.avgPool(t, kernel, stride, padded(padding)))(x),
    batch_norm: ({ x, weight, bias, running_mean, running_var }, { mode, eps }) =>
      mode === "train" || x.shape.length !== 4
        ? null
        : images((t) => tf.batchNorm(t, running_mean, running_var, bias, weight, eps))(x),
    conv2d({ x, weight, bias }, { stride, padding, dilation, groups }) {
      if (groups !== 1 || (Math.max(...stride) > 1 && Math.max(...dilation) > 1)) return null;
      const filter = tf.transpose(weight, [2, 3, 1, 0]);
      const biased = (y: TfTensor) => (bias ? tf.add(y, bias) : y);
      return images((t) => biased(tf.conv2d(t, filter, stride, padded(padding), "NHWC", dilation)))(x);
    },
    cos: unary(tf.cos),
    div: binary(tf.div),
    exp: unary(tf.exp),
    l2_norm: ({ x }, { axes, keepdim }) => tf.norm(x, "euclidean", along(axes), keepdim),
    log: unary(tf.log),
    log_softmax: ({ x }, { axis }) => (isLast(axis, x) ? tf.logSoftmax(x, axis) : null),
    logsumexp: ({ x }, { axis, keepdim }) => tf.logSumExp(x, axis, keepdim),
    matmul: ({ a, b }, attrs) =>
      a.shape.length < 2 || b.shape.length < 2 ? null : tf.matMul(a, b, attrs.transpose_a, attrs.transpose_b),
    max: ({ x }, { axes, keepdim }) => tf.max(x, along(axes), keepdim),
    max_pool2d: ({ x }, { kernel, stride, padding }) =>
      images((t) => tf.maxPool(t, kernel, stride, padded(padding)))(x),
    maximum: binary(tf.maximum),
    mean: ({ x }, { axes, keepdim }) => tf.mean(x, along(axes), keepdim),
    min: ({ x }, { axes, keepdim }) => tf.min(x, along(axes), keepdim),
    minimum: binary(tf.minimum),
    mul: binary(tf.mul),
    neg: unary(tf.neg),
    pow: binary(tf.pow),
    pow_scalar: ({ x }, { exponent }) => tf.pow(x, tf.scalar(exponent)),
    reciprocal: unary(tf.reciprocal),
    relu: unary(tf.relu),
    rsqrt: unary(tf.rsqrt),
    sigmoid: unary(tf.sigmoid),
    sin: unary(tf.sin),
    softmax: ({ x }, { axis }) => (isLast(axis, x) ? tf.softmax(x, axis) : null), // it takes no other dimension
    sqrt: unary(tf.sqrt),
    square: unary(tf.square),
    sub: binary(tf.sub),
    sum: ({ x }, { axes, keepdim }) => tf.sum(x, along(axes), keepdim),
    tanh: unary(tf.tanh),
    var: ({ x }, { axes, keepdim, correction }) =>
      correction === 0 ? tf.moments(x, along(axes), keepdim).variance : null,
    where: ({ cond, a, b }) => tf.where(tf.notEqual(cond, tf.scalar(0)), a, b),
  };
}

const isLast = (axis: number, { shape }: TfTensor): boolean => axis === -1 || axis === shape.length - 1;
