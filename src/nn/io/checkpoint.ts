// Tensors to and from safetensors files: weights of a model, state of a method or an optimiser.
import { formatValue } from "../../tensor/arguments.js";
import {
  CheckpointError,
  ConfigError,
  currentDevice,
  type Device,
  DTypeError,
  deviceOf,
  type Tensor,
  tensor,
} from "../../tensor/index.js";
import { Module } from "../module.js";
import { assignState, checkNamed, type MatchOptions } from "../state.js";
import { toFloat32, toInt32, toStored } from "./convert.js";
import { writeFileAtomic } from "./file.js";
import { checkFinite } from "./finite.js";
import { type StoredTensor, writeSafetensors } from "./safetensors.js";
import { type ByteSource, loadSafetensors, sourceName } from "./source.js";

/** Where loaded tensors go. */
export interface LoadOptions {
  /** Where the tensors go; default: the current device. */
  readonly device?: Device;
}

/** Tensors of a file, and the metadata strings stored beside them. */
export interface Checkpoint {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a safetensors file onto `device` (default: the current one): floats as f32, U32 as u32, other integers as i32.
 * Throws CheckpointError.
 */
export async function loadTensors(
  source: ByteSource,
  { device = currentDevice() }: LoadOptions = {},
): Promise<Checkpoint> {
  const { tensors, metadata } = await loadSafetensors(source);
  const loaded = new Map<string, Tensor>();
  try {
    for (const [name, stored] of tensors) loaded.set(name, onDevice(stored, `${sourceName(source)}: ${name}`, device));
  } catch (error) {
    for (const tensor of loaded.values()) tensor.dispose();
    throw error;
  }
  return { tensors: loaded, metadata };
}

/** A stored tensor on `device`: floats as f32, U32 as u32, other integers as i32. Throws CheckpointError, naming `what`. */
export function onDevice(stored: StoredTensor, what: string, device: Device): Tensor {
  const { shape } = stored;
  if (stored.dtype === "U32") return tensor(new Uint32Array(new Uint8Array(stored.data).buffer), shape, { device });
  const floating = stored.dtype.startsWith("F") || stored.dtype.startsWith("BF");
  return tensor(floating ? toFloat32(stored, what) : toInt32(stored, what), shape, { device });
}

/** Writes tensors to a safetensors file, whole or not at all. Throws CheckpointError when the disk refuses and in browsers, DTypeError for bool. */
export async function saveTensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Iterable<readonly [string, string]> = [],
): Promise<void> {
  await writeFileAtomic(path, await encodeTensors(tensors, metadata));
}

/** The bytes of a safetensors file of these tensors: for a download, a database, a message to a worker. Throws DTypeError for bool. */
export async function encodeTensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Iterable<readonly [string, string]> = [],
): Promise<Uint8Array<ArrayBuffer>> {
  return writeSafetensors(await readBack(tensors), metadata);
}

/** Tensors as a file holds them. Throws DTypeError for bool. */
export function readBack(tensors: ReadonlyMap<string, Tensor>): Promise<[string, StoredTensor][]> {
  checkNamed("saveTensors", tensors);
  return Promise.all(
    [...tensors].map(async ([name, t]): Promise<[string, StoredTensor]> => {
      if (t.dtype === "bool") throw new DTypeError(`encodeTensors: ${name} is bool`, "cast it to u32");
      return [name, toStored(t.shape, await t.data())];
    }),
  );
}

/** How weights are matched with a model. */
export interface WeightOptions extends MatchOptions {
  /** Is told, in a sentence, of a prefix that was taken off the keys, and of keys that were passed over. */
  readonly say?: (text: string) => void;
}

/**
 * Loads a model's weights by PyTorch's key names, onto the model's device. PyTorch's `num_batches_tracked` counters are not part of our layers
 * and are passed over; a prefix that wrappers put before all keys (`module.`, `model.`, `net.`, `state_dict.`) is taken
 * off. Throws CheckpointError with the number of those that do not fit, and the first ten, and for NaN or infinities; then
 * nothing has changed.
 */
export async function loadWeights<M extends Module>(
  model: M,
  source: ByteSource,
  { strict = true, say = () => {} }: WeightOptions = {},
): Promise<M> {
  if (!(model instanceof Module)) {
    const help = "pass the model first, then the file: loadWeights(new Net(), source)";
    throw new ConfigError(`loadWeights: the model is ${formatValue(model)}`, help);
  }
  const { tensors } = await loadTensors(source, { device: deviceOf(model.stateDict().values()) });
  try {
    const file = sourceName(source);
    const own = model.stateDict();
    if (tensors.has("rateScale") && !own.has("rateScale")) {
      const help = "a method made in the same way takes it by loadState(); its exportModel() gives weights";
      throw new CheckpointError(`${file}: this is a method's state, and no weights`, help);
    }
    const counted = [...tensors].filter(([key]) => !key.endsWith("num_batches_tracked"));
    const { prefix, state } = withoutPrefix(own, new Map(counted));
    await checkFinite(file, state);
    const { missing, unexpected } = assignState(`${file}: ${model.constructor.name}`, own, state, { strict });
    if (prefix !== "") say(`${file}: the prefix ${prefix} was taken off all keys`);
    if (missing.length > 0) say(`${file}: keys that are missing, and stay as they were: ${missing.join(", ")}`);
    if (unexpected.length > 0) say(`${file}: keys that the model does not have: ${unexpected.join(", ")}`);
    return model;
  } finally {
    for (const loaded of tensors.values()) loaded.dispose();
  }
}

/** What DataParallel, Lightning and training loops put before the keys of a model. */
const PREFIXES = ["module.", "model.", "net.", "state_dict."];

/** `state` without the prefixes that all its keys have and the model's own keys have not. */
function withoutPrefix(
  own: ReadonlyMap<string, Tensor>,
  state: ReadonlyMap<string, Tensor>,
): { prefix: string; state: ReadonlyMap<string, Tensor> } {
  const all = (keys: Iterable<string>, prefix: string) => [...keys].every((key) => key.startsWith(prefix));
  const found = PREFIXES.find((prefix) => state.size > 0 && all(state.keys(), prefix) && !all(own.keys(), prefix));
  if (found === undefined) return { prefix: "", state };
  const shorter = new Map([...state].map(([key, value]) => [key.slice(found.length), value]));
  const rest = withoutPrefix(own, shorter);
  return { prefix: found + rest.prefix, state: rest.state };
}
