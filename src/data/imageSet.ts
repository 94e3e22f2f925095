// Images as bytes, with labels or without, and their file: a stream file (safetensors `images` and `labels`).
import { toInt32, toStored } from "../nn/io/convert.js";
import { openSafetensors } from "../nn/io/open.js";
import { DTYPE_BYTES, type Safetensors, type StoredTensor, writeSafetensors } from "../nn/io/safetensors.js";
import { type ByteSource, loadSafetensors, sourceName } from "../nn/io/source.js";
import { formatValue } from "../tensor/arguments.js";
import { CheckpointError, ConfigError } from "../tensor/errors.js";

/** `count` images of height × width × channels bytes, row by row, and a class index for each, or for none. */
export interface ImageSet {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [count, height, width, channels] */
  readonly images: Uint8Array;
  /** [count], each ≥ 0; all −1 where nobody knows the classes. */
  readonly labels: Int32Array;
}

/** Images that are made when asked for, so that any number of them takes no memory. */
export interface MadeImages extends Omit<ImageSet, "images"> {
  /** The image of an index below `count`: height × width × channels bytes, the same at every call. */
  make(index: number): Uint8Array;
}

/** What a stream shows. */
export type ImageSource = ImageSet | MadeImages;

/** Whether the classes of the images are known. */
export function isLabelled({ labels }: Pick<ImageSource, "labels">): boolean {
  return labels.some((label) => label >= 0);
}

/** Throws ConfigError unless `source` is images: made, read or opened. */
export function checkImageSource(owner: string, source: unknown): asserts source is ImageSource {
  const { count, height, width, channels, labels } = Object(source) as Partial<ImageSource>;
  if ([count, height, width, channels].every(Number.isSafeInteger) && labels instanceof Int32Array) return;
  throw new ConfigError(
    `${owner}: set is ${formatValue(source)}`,
    'pass images: await loadDigits("test"), or loadImageSet(path)',
  );
}

/** The bytes of one image: [height, width, channels]. */
export function imageAt(source: ImageSource, index: number): Uint8Array {
  if ("make" in source) return source.make(index);
  const size = source.height * source.width * source.channels;
  return source.images.subarray(index * size, (index + 1) * size);
}

/** Reads a stream file: `images` U8 [N, H, W, C] and, where it has them, `labels` U8, I32 or I64 [N]. Throws CheckpointError. */
export async function loadImageSet(source: ByteSource): Promise<ImageSet> {
  return toImageSet(await loadSafetensors(source), sourceName(source));
}

/** The image set that a read safetensors file holds; other tensors are ignored. Throws CheckpointError. */
export function toImageSet({ tensors }: Safetensors, source: string): ImageSet {
  const { images, labels, ...size } = checkTensors(tensors, source);
  return { ...size, images: images.data, labels: labels ? checkLabels(labels, source) : noLabels(size.count) };
}

/** Images that stay in their file until they are asked for. Disposing closes it. */
export type OpenImages = MadeImages & Disposable;

/** Opens a stream file of any size. Throws CheckpointError for all that `loadImageSet` does. */
export async function openImageSet(path: string): Promise<OpenImages> {
  const file = await openSafetensors(path);
  try {
    const { images, labels, ...size } = checkTensors(file.tensors, path);
    const bytes = size.height * size.width * size.channels;
    const make = (index: number): Uint8Array => images.read(index * bytes, (index + 1) * bytes);
    const read = labels && { ...labels, data: labels.read(0, size.count * DTYPE_BYTES[labels.dtype]) };
    const known = read ? checkLabels(read, path) : noLabels(size.count);
    return { ...size, labels: known, make, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

type Described = Pick<StoredTensor, "dtype" | "shape">;

/** The tensors of a stream file, null for labels that it has not, and the sizes that they say. */
function checkTensors<T extends Described>(tensors: ReadonlyMap<string, T>, source: string) {
  const images = takeTensor(tensors, "images", ["U8"], 4, source);
  const labels = tensors.has("labels") ? takeTensor(tensors, "labels", ["U8", "I32", "I64"], 1, source) : null;
  const [count, height, width, channels] = images.shape;
  if (labels && labels.shape[0] !== count) {
    throw new CheckpointError(
      `${source}: ${count} images but ${labels.shape[0]} labels`,
      "give one label per image, in the same order",
    );
  }
  if (count * height * width * channels === 0) {
    throw new CheckpointError(
      `${source}: images [${images.shape.join(", ")}] hold no pixel`,
      "give at least one image",
    );
  }
  return { images, labels, count, height, width, channels };
}

const noLabels = (count: number): Int32Array => new Int32Array(count).fill(-1);

function checkLabels(stored: StoredTensor, source: string): Int32Array {
  const labels = toInt32(stored, `${source}: tensor "labels"`);
  const negative = labels.findIndex((label) => label < 0);
  if (negative >= 0) {
    throw new CheckpointError(`${source}: label ${negative} is ${labels[negative]}`, "labels are class indices ≥ 0");
  }
  return labels;
}

function takeTensor<T extends Described>(
  tensors: ReadonlyMap<string, T>,
  name: string,
  dtypes: readonly string[],
  rank: number,
  source: string,
): T {
  const tensor = tensors.get(name);
  if (tensor && dtypes.includes(tensor.dtype) && tensor.shape.length === rank) return tensor;
  const found = tensor ? `is ${tensor.dtype} [${tensor.shape.join(", ")}]` : "is missing";
  throw new CheckpointError(
    `${source}: tensor "${name}" ${found}`,
    "a stream file holds images U8 [N, H, W, C] and labels U8, I32 or I64 [N]",
  );
}

/** The bytes of a stream file. Labels become U8 where they fit, else I32, and are left out where there are none. */
export function encodeImageSet(
  set: ImageSet,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array<ArrayBuffer> {
  const { count, height, width, channels, images, labels } = set;
  const tensors: [string, StoredTensor][] = [["images", toStored([count, height, width, channels], images)]];
  const narrow = labels.every((label) => label < 256);
  if (isLabelled({ labels })) tensors.push(["labels", toStored([count], narrow ? Uint8Array.from(labels) : labels)]);
  return writeSafetensors(tensors, metadata);
}
