// TensorFlow.js in the comparison: eager, on its WebGPU backend, images in the channels-last order that is its own.
import { disposeAll, EPS, type HostArray, type Library, type Task, type TaskOp } from "./library.js";

interface TfTensor {
  readonly shape: number[];
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

interface TfBackend {
  readonly device: GPUDevice;
  readonly commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** What is used of the package. */
export interface Tf {
  env(): { set(flag: string, value: boolean): void };
  setBackend(name: "webgpu"): Promise<boolean>;
  backend(): TfBackend;
  tidy<T>(fn: () => T): T;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  erf(x: TfTensor): TfTensor;
  rsqrt(x: TfTensor): TfTensor;
  moments(x: TfTensor, axis: number | number[], keepDims: boolean): { mean: TfTensor; variance: TfTensor };
  batchNorm(x: TfTensor, mean: TfTensor, variance: TfTensor, offset: TfTensor, scale: TfTensor, eps: number): TfTensor;
  conv2d(x: TfTensor, filter: TfTensor, strides: number, padding: number): TfTensor;
  transpose(x: TfTensor, order: number[]): TfTensor;
  grads(fn: (...inputs: TfTensor[]) => TfTensor): (inputs: TfTensor[], gradient: TfTensor) => TfTensor[];
}

export async function tfjs(tf: Tf): Promise<Library> {
  tf.env().set("WEBGPU_CPU_FORWARD", false); // small tensors would otherwise be computed on the CPU
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js found no WebGPU");
  const computations = computationsOf(tf);
  return {
    name: "tfjs",
    async prepare({ op, inputs: arrays }: Task) {
      const inputs = arrays.map((array, i) => upload(tf, array, op === "conv2d" && i === 1 ? FILTER : IMAGES));
      const compute = () => tf.tidy(() => computations[op](...inputs));
      return {
        async run(times: number) {
          for (let i = 0; i < times; i++) compute().dispose();
          await finish(tf.backend());
        },
        async read() {
          const result = tf.tidy(() => {
            const y = compute();
            return y.shape.length === 4 ? tf.transpose(y, [0, 3, 1, 2]) : y;
          });
          const data = await result.data();
          result.dispose();
          return data;
        },
        dispose: () => disposeAll(inputs),
      };
    },
  };
}

/** Where images `[B, C, H, W]` and filters `[O, C, kh, kw]` find their dimensions here: NHWC and HWIO. */
const IMAGES = [0, 2, 3, 1];
const FILTER = [2, 3, 1, 0];

function upload(tf: Tf, { data, shape }: HostArray, order: number[]): TfTensor {
  return tf.tidy(() => {
    const stored = tf.tensor(data, shape);
    return shape.length === 4 ? tf.transpose(stored, order) : stored;
  });
}

/** Submits what the backend has batched, and waits for it. */
async function finish(backend: TfBackend): Promise<void> {
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.device.queue.onSubmittedWorkDone();
}

function computationsOf(tf: Tf): Record<TaskOp, (...inputs: TfTensor[]) => TfTensor> {
  const batchNorm = tf.grads((x, weight, bias) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2], false);
    return tf.batchNorm(x, mean, variance, bias, weight, EPS);
  });
  return {
    matmul: (a, b) => tf.matMul(a, b),
    softmax: (x) => tf.softmax(x),
    gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    add: (a, b) => tf.add(a, b),
    layerNorm(x, weight, bias) {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPS))), weight), bias);
    },
    conv2d: (x, filter) => tf.conv2d(x, filter, 1, 1),
    batchNormGrad: (x, weight, bias, gradient) => batchNorm([x, weight, bias], gradient)[0],
  };
}
