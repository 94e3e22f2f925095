// jax-js in the comparison: each task under `jit`, its arrays counted by hand as the library asks.
import { disposeAll, EPS, type HostArray, type Library, type Task, type TaskOp } from "./library.js";

interface JaxArray {
  readonly shape: number[];
  /** Another reference: every computation uses up those it is given. */
  readonly ref: JaxArray;
  add(x: JaxArray | number): JaxArray;
  sub(x: JaxArray): JaxArray;
  mul(x: JaxArray): JaxArray;
  div(x: JaxArray): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<ArrayLike<number>>;
  blockUntilReady(): Promise<JaxArray>;
  dispose(): void;
}

type Axis = number | number[];
type Computation = (...inputs: JaxArray[]) => JaxArray;

/** What is used of the package. */
export interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): void;
  jit(fn: Computation): Computation;
  grad(fn: Computation, options: { argnums: number[] }): (...inputs: JaxArray[]) => JaxArray[];
  numpy: {
    array(data: Float32Array): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    sum(x: JaxArray): JaxArray;
    mean(x: JaxArray, axis: Axis, options: { keepdims: boolean }): JaxArray;
    square(x: JaxArray): JaxArray;
  };
  nn: { softmax(x: JaxArray, axis: Axis): JaxArray; gelu(x: JaxArray, options: { approximate: boolean }): JaxArray };
  lax: { convGeneralDilated(x: JaxArray, w: JaxArray, strides: number[], padding: [number, number][]): JaxArray };
}

export async function jax(library: Jax): Promise<Library> {
  if (!(await library.init("webgpu")).includes("webgpu")) throw new Error("jax-js found no WebGPU");
  library.defaultDevice("webgpu");
  const computations = computationsOf(library);
  const upload = ({ data, shape }: HostArray) => library.numpy.array(data).reshape(shape);
  return {
    name: "jax-js",
    async prepare({ op, inputs: arrays }: Task) {
      const inputs = arrays.map(upload);
      const compute = () => computations[op](...inputs.map(({ ref }) => ref));
      return {
        // Computations are lazy: each result is asked for, then all are waited for.
        async run(times: number) {
          const results = Array.from({ length: times }, compute);
          await Promise.all(results.map((result) => result.blockUntilReady()));
          for (const result of results) result.dispose();
        },
        read: () => compute().data(),
        dispose: () => disposeAll(inputs),
      };
    },
  };
}

function computationsOf({ jit, grad, numpy: np, nn, lax }: Jax): Record<TaskOp, Computation> {
  /** (x − mean) / √(var + ε) · weight + bias over `axis`, weight and bias of a shape that broadcasts. */
  const normalize = (x: JaxArray, weight: JaxArray, bias: JaxArray, axis: Axis) => {
    const centred = x.ref.sub(np.mean(x, axis, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), axis, { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(EPS)))
      .mul(weight)
      .add(bias);
  };
  const batchNorm = grad(
    (x, weight, bias, g) =>
      np.sum(normalize(x, weight.reshape([1, -1, 1, 1]), bias.reshape([1, -1, 1, 1]), [0, 2, 3]).mul(g)),
    { argnums: [0, 1, 2] },
  );
  return {
    matmul: jit((a, b) => np.matmul(a, b)),
    softmax: jit((x) => nn.softmax(x, -1)),
    gelu: jit((x) => nn.gelu(x, { approximate: false })),
    add: jit((a, b) => a.add(b)),
    layerNorm: jit((x, weight, bias) => normalize(x, weight, bias, -1)),
    conv2d: jit((x, weight) =>
      lax.convGeneralDilated(
        x,
        weight,
        [1, 1],
        [
          [1, 1],
          [1, 1],
        ],
      ),
    ),
    batchNormGrad: firstOf(jit(batchNorm as unknown as Computation) as unknown as typeof batchNorm),
  };
}

/** The first result; the others were computed too, and are let go. */
function firstOf(fn: (...inputs: JaxArray[]) => JaxArray[]): Computation {
  return (...inputs) => {
    const [first, ...others] = fn(...inputs);
    for (const other of others) other.dispose();
    return first;
  };
}
