// Running an op: shape rule, output memory, launches, and the graph node.
import { checkList } from "./arguments.js";
import { inputName, isRecording } from "./autograd/backward.js";
import { type Edge, GradNode, type Saved } from "./autograd/graph.js";
import { checkTensor } from "./checkTensor.js";
import type { Device } from "./device/device.js";
import type { Pipeline } from "./device/pipelines.js";
import type { PooledBuffer } from "./device/pool.js";
import { BYTES } from "./dtype.js";
import { DeviceError, ShapeError } from "./errors.js";
import { outputsOf, paramsOf } from "./infer.js";
import type { AnyOp, Dispatch, Inputs, TensorInfo } from "./op.js";
import { sizeOf } from "./shape.js";
import { checkFits, Storage } from "./storage.js";
import { Tensor } from "./tensor.js";

/** A call resolved for one device: outputs, compiled launches and scratch sizes. Shares no array with the caller, who may change it. */
interface Prepared {
  readonly params: unknown;
  readonly outputs: readonly TensorInfo[];
  readonly launches: readonly (Dispatch & { readonly pipeline: Pipeline })[];
  readonly scratch: readonly number[];
}

const MAX_PREPARED = 512;
/** By op itself, not its name: a changed copy of an op is another one. */
const prepared = new WeakMap<Device, WeakMap<AnyOp, Map<string, Prepared>>>();

/** Runs `op` on `inputs`; `args` are the arguments that follow the tensors. Throws the op's own errors, DeviceError and DisposedError. */
export function apply(op: AnyOp, inputs: Inputs<Tensor>, args: readonly unknown[]): Tensor[] {
  checkList(op.name, "inputs", inputs);
  checkList(op.name, "args", args);
  const device = commonDevice(op, inputs);
  const call = prepare(op, inputs, paramsOf(op, inputs, args), device);
  const storages = op.kernels ? execute(op, inputs, call, device) : [firstOf(op, inputs).storage.retain()];
  const node = record(op, inputs, call, storages);
  // further outputs are statistics and indices, constants to a derivative; of an op without one they are to be refused, too
  const nodeOf = (i: number) => (i === 0 || (!op.vjp && call.outputs[i].dtype === "f32") ? node : null);
  return call.outputs.map(
    ({ shape, dtype }, i) => new Tensor(storages[i], shape, dtype, nodeOf(i), nodeOf(i) !== null && !op.stops),
  );
}

function firstOf(op: AnyOp, inputs: Inputs<Tensor>): Tensor {
  for (const [i, input] of inputs.entries()) if (input) return checkTensor(op.name, inputName(op.inputs, i), input);
  throw new ShapeError(`${op.name}: no tensors given`, "pass at least one");
}

/** The device that all inputs are on. */
function commonDevice(op: AnyOp, inputs: Inputs<Tensor>): Device {
  const { device } = firstOf(op, inputs);
  for (const [i, input] of inputs.entries()) {
    if (input) checkTensor(op.name, inputName(op.inputs, i), input);
    if (input && input.device !== device) {
      throw new DeviceError(
        `${op.name}: tensors of two devices (${device.adapter.name}, ${input.device.adapter.name})`,
        "read one back with data() and create it anew on the other device",
      );
    }
  }
  device.check();
  return device;
}

/** The launches for these shapes, from the cache when the same call was made before. */
function prepare(op: AnyOp, inputs: Inputs<Tensor>, given: unknown, device: Device): Prepared {
  const cache = cacheFor(op, device);
  let key = "";
  for (const input of inputs) key += input ? ` ${input.dtype}${input.shape.join()}` : " -";
  if (given !== undefined) key += ` ${JSON.stringify(given, distinct)}`;
  let call = cache.get(key);
  if (!call) {
    const params = deepFrozen(structuredClone(given)); // nodes show them
    const infos = inputs.map((t) => t && { shape: t.shape, dtype: t.dtype });
    const outputs = outputsOf(op, infos, params);
    for (const { shape } of outputs) checkFits(device, shape, op.name);
    const empty = outputs.every(({ shape }) => sizeOf(shape) === 0);
    const plan = empty ? undefined : op.kernels?.({ inputs: infos, outputs, params, caps: device.caps });
    const launches = (plan?.dispatches ?? []).map((d) => ({ ...d, pipeline: device.compile(d.source) }));
    call = { params, outputs, launches, scratch: plan?.scratch ?? [] };
    if (cache.size >= MAX_PREPARED) cache.clear();
    cache.set(key, call);
  }
  return call;
}

function cacheFor(op: AnyOp, device: Device): Map<string, Prepared> {
  const byOp = prepared.get(device) ?? new WeakMap<AnyOp, Map<string, Prepared>>();
  prepared.set(device, byOp);
  const cache = byOp.get(op) ?? new Map<string, Prepared>();
  byOp.set(op, cache);
  return cache;
}

/** `value`, plain data, with nothing in it that can be changed. */
function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(deepFrozen);
  return Object.freeze(value);
}

/** JSON writes NaN, ±Inf and −0 as null or 0: here they must differ. */
function distinct(_: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? `${1 / value} ${value}`
    : value;
}

/**
 * Encodes the launches into fresh outputs; scratch goes back to the pool at once, since later commands come after. Where
 * memory runs out half-way everything goes back: a caller may catch that and go on with a smaller batch.
 */
function execute(op: AnyOp, inputs: Inputs<Tensor>, call: Prepared, device: Device): Storage[] {
  const outputs: Storage[] = [];
  const scratch: PooledBuffer[] = [];
  try {
    for (const { shape } of call.outputs) outputs.push(new Storage(device, sizeOf(shape), op.name));
    for (const bytes of call.scratch) scratch.push(device.acquire(Math.max(BYTES, bytes), op.name));
    const buffers = {
      input: inputs.map((t) => t?.storage.buffer),
      output: outputs.map((s) => s.buffer),
      scratch,
    };
    for (const { pipeline, operands, uniforms, groups } of call.launches) {
      const bound = operands.map(({ role, index }) => buffers[role][index] as PooledBuffer);
      device.dispatch(pipeline, bound, uniforms, groups);
    }
    return outputs;
  } catch (error) {
    for (const storage of outputs) storage.release();
    throw error;
  } finally {
    for (const buffer of scratch) device.release(buffer);
  }
}

/** The graph node of this call, if any input wants a gradient. */
function record(
  op: AnyOp,
  inputs: Inputs<Tensor>,
  { params, outputs }: Prepared,
  storages: readonly Storage[],
): GradNode | null {
  if (!isRecording() || !inputs.some((t) => t?.requiresGrad) || outputs[0].dtype !== "f32") return null;
  const edges = inputs.map((t) => (t ? edgeOf(t) : null));
  const saved = op.stops ? [] : savedBy(op, inputs, outputs, storages);
  const inputShapes = inputs.map((t) => t?.shape ?? null);
  return new GradNode({ op, params, edges, inputShapes, outputShape: outputs[0].shape, saved });
}

/** A constant behind stopGradient keeps its edge: describeGraph shows it, backward does not follow it. */
function edgeOf(tensor: Tensor): Edge | null {
  return tensor.node ?? (tensor.requiresGrad ? tensor : null);
}

function savedBy(
  op: AnyOp,
  inputs: Inputs<Tensor>,
  outputs: readonly TensorInfo[],
  storages: readonly Storage[],
): Saved[] {
  const names = new Set(op.saves);
  const saved: Saved[] = [];
  for (const [i, t] of inputs.entries()) {
    const name = inputName(op.inputs, i);
    if (t && names.has(name)) saved.push({ name, storage: t.storage, shape: t.shape, dtype: t.dtype, edge: edgeOf(t) });
  }
  for (const [i, info] of outputs.entries()) {
    const name = (op.outputs ?? ["y"])[i];
    if (names.has(name)) saved.push({ name, storage: storages[i], ...info, edge: i === 0 ? "self" : null });
  }
  return saved;
}
