// Labelled images as bytes, and their file, a stream file: safetensors with `images` and `labels`.
import { toInt32, toStored } from "../nn/io/convert.js";
import { loadSafetensors } from "../nn/io/file.js";
import { openSafetensors } from "../nn/io/open.js";
import { DTYPE_BYTES, type Safetensors, type StoredTensor, writeSafetensors } from "../nn/io/safetensors.js";
import { CheckpointError } from "../tensor/errors.js";

/** `count` images of height × width × channels bytes, row by row, and a class index for each. */
export interface ImageSet {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [count, height, width, channels] */
  readonly images: Uint8Array;
  /** [count], each ≥ 0 */
  readonly labels: Int32Array;
}

/** Images that are made when asked for, so that any number of them takes no memory. */
export interface MadeImages extends Omit<ImageSet, "images"> {
  /** The image of an index below `count`: height × width × channels bytes, the same at every call. */
  make(index: number): Uint8Array;
}

/** What a stream shows. */
export type ImageSource = ImageSet | MadeImages;

/** The bytes of one image: [height, width, channels]. */
export function imageAt(source: ImageSource, index: number): Uint8Array {
  if ("make" in source) return source.make(index);
  const size = source.height * source.width * source.channels;
  return source.images.subarray(index * size, (index + 1) * size);
}

/** Reads a stream file: `images` U8 [N, H, W, C] and `labels` U8, I32 or I64 [N]. Throws CheckpointError. */
export async function loadImageSet(path: string): Promise<ImageSet> {
  return toImageSet(await loadSafetensors(path), path);
}

/** The image set that a read safetensors file holds; other tensors are ignored. Throws CheckpointError. */
export function toImageSet({ tensors }: Safetensors, source: string): ImageSet {
  const { images, labels, ...size } = checkTensors(tensors, source);
  return { ...size, images: images.data, labels: checkLabels(labels, source) };
}

/** Images that stay in their file until they are asked for. Disposing closes it. */
export type OpenImages = MadeImages & Disposable;

/** Opens a stream file of any size. Throws CheckpointError for all that `loadImageSet` does. */
export async function openImageSet(path: string): Promise<OpenImages> {
  const file = await openSafetensors(path);
  try {
    const { images, labels, ...size } = checkTensors(file.tensors, path);
    const bytes = size.height * size.width * size.channels;
    const { dtype, shape } = labels;
    const read = { dtype, shape, data: labels.read(0, size.count * DTYPE_BYTES[dtype]) };
    const make = (index: number): Uint8Array => images.read(index * bytes, (index + 1) * bytes);
    return { ...size, labels: checkLabels(read, path), make, [Symbol.dispose]: () => file[Symbol.dispose]() };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

type Described = Pick<StoredTensor, "dtype" | "shape">;

/** The two tensors of a stream file, and the sizes that they say. */
function checkTensors<T extends Described>(tensors: ReadonlyMap<string, T>, source: string) {
  const images = takeTensor(tensors, "images", ["U8"], 4, source);
  const labels = takeTensor(tensors, "labels", ["U8", "I32", "I64"], 1, source);
  const [count, height, width, channels] = images.shape;
  if (labels.shape[0] !== count) {
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

/** The bytes of a stream file. Labels become U8 where they fit, else I32. */
export function encodeImageSet(
  set: ImageSet,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array<ArrayBuffer> {
  const { count, height, width, channels, images, labels } = set;
  const narrow = labels.every((label) => label < 256);
  return writeSafetensors(
    [
      ["images", toStored([count, height, width, channels], images)],
      ["labels", toStored([count], narrow ? Uint8Array.from(labels) : labels)],
    ],
    metadata,
  );
}
