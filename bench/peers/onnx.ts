// onnxruntime-web in the comparison: a model of one node for each task, written here byte by byte. It has no gradients.
import { EPS, type HostArray, type Library, type Task, type TaskOp } from "./library.js";

interface OrtTensor {
  getData(): Promise<ArrayLike<number>>;
  dispose(): void;
}

interface OrtSession {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

/** What is used of the package. */
export interface Ort {
  env: { logLevel: string; wasm: { numThreads: number }; webgpu: { device: Promise<GPUDevice> } };
  InferenceSession: { create(model: Uint8Array, options: Record<string, unknown>): Promise<OrtSession> };
  Tensor: {
    fromGpuBuffer(buffer: GPUBuffer, options: { dataType: "float32"; dims: readonly number[] }): OrtTensor;
  };
}

interface Node {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

const NODES: Readonly<Partial<Record<TaskOp, Node>>> = {
  matmul: { type: "MatMul" },
  softmax: { type: "Softmax" },
  gelu: { type: "Gelu" },
  add: { type: "Add" },
  layerNorm: { type: "LayerNormalization", attributes: { epsilon: EPS } },
  conv2d: { type: "Conv", attributes: { pads: [1, 1, 1, 1] } },
};

export async function onnx(ort: Ort): Promise<Library> {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  return {
    name: "onnxruntime-web",
    async prepare({ op, inputs: arrays }: Task) {
      const node = NODES[op];
      if (!node) return null;
      const options = { executionProviders: ["webgpu"], preferredOutputLocation: "gpu-buffer" };
      const session = await ort.InferenceSession.create(model(node, arrays), options);
      const device = await ort.env.webgpu.device;
      const buffers = arrays.map(({ data }) => upload(device, data));
      const feeds = Object.fromEntries(
        arrays.map(({ shape }, i) => [
          `x${i}`,
          ort.Tensor.fromGpuBuffer(buffers[i], { dataType: "float32", dims: shape }),
        ]),
      );
      return {
        async run(times: number) {
          for (let i = 0; i < times; i++) (await session.run(feeds)).y.dispose();
          await device.queue.onSubmittedWorkDone();
        },
        async read() {
          const { y } = await session.run(feeds);
          const data = await y.getData();
          y.dispose();
          return data;
        },
        dispose() {
          for (const buffer of buffers) buffer.destroy();
        },
      };
    },
  };
}

function upload(device: GPUDevice, data: Float32Array<ArrayBuffer>): GPUBuffer {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const buffer = device.createBuffer({ size: data.byteLength, usage: STORAGE | COPY_SRC | COPY_DST });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

// The model as protocol buffers: the numbers are the fields of onnx.proto3, opset 20 is the first with Gelu.

function model({ type, attributes = {} }: Node, inputs: readonly HostArray[]): Uint8Array {
  const names = inputs.map((_, i) => `x${i}`);
  const node = [
    ...names.flatMap((name) => bytes(1, text(name))),
    ...bytes(2, text("y")),
    ...bytes(4, text(type)),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
  ];
  const graph = [
    ...bytes(1, node),
    ...bytes(2, text("task")),
    ...inputs.flatMap(({ shape }, i) => bytes(11, value(names[i], shape))),
    ...bytes(12, value("y")),
  ];
  return Uint8Array.from([...integer(1, 9), ...bytes(7, graph), ...bytes(8, integer(2, 20))]);
}

function attribute(name: string, value: number | readonly number[]): number[] {
  const [FLOAT, INTS] = [1, 7];
  return typeof value === "number"
    ? [...bytes(1, text(name)), ...float(2, value), ...integer(20, FLOAT)]
    : [...bytes(1, text(name)), ...value.flatMap((v) => integer(8, v)), ...integer(20, INTS)];
}

/** An input or output: float32 of a shape, or of any. */
function value(name: string, shape?: readonly number[]): number[] {
  const dims = shape?.flatMap((n) => bytes(1, integer(1, n)));
  const tensor = [...integer(1, 1), ...(dims ? bytes(2, dims) : [])];
  return [...bytes(1, text(name)), ...bytes(2, bytes(1, tensor))];
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function float(field: number, value: number): number[] {
  return [...varint((field << 3) | 5), ...new Uint8Array(Float32Array.of(value).buffer)];
}

function bytes(field: number, content: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
