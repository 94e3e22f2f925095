// The safetensors format: reading with every claim of the header checked, and writing. Bytes to bytes, no file access.
import { CheckpointError } from "../../tensor/errors.js";
import { type Shape, sizeOf } from "../../tensor/shape.js";
import { MAX_RANK, parseHeader, type TensorClaim } from "./header.js";
import { kindOf } from "./kind.js";

/** Bytes of one element, by the format's own dtype names. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

/** A dtype as safetensors names it. */
export type StoredDType = keyof typeof DTYPE_BYTES;

/** A tensor as it lies in a file: little-endian, row-major. `toFloat32` and `toInt32` convert it. */
export interface StoredTensor {
  readonly dtype: StoredDType;
  readonly shape: Shape;
  /** Its bytes; of a tensor that was read, a view into the file's, at any alignment. */
  readonly data: Uint8Array;
}

/** What a safetensors file holds. Maps, so that no name (`__proto__` …) is special. */
export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Map<string, string>;
}

/** The cap of the reference implementation, against headers that only eat memory. */
const MAX_HEADER_BYTES = 100_000_000;
/** Every header begins with `{`. */
const OPEN_OBJECT = 0x7b;
/** A header of more than this has many tensors, which need more bytes than their names and shapes. */
const SMALL_HEADER_BYTES = 2 ** 20;

/** Bytes that a tensor takes. */
export function sizeInBytes({ dtype, shape }: Pick<StoredTensor, "dtype" | "shape">): number {
  return sizeOf(shape) * DTYPE_BYTES[dtype];
}

/** A tensor that a header describes, checked. Offsets count from the start of the data. */
export interface TensorPlace {
  readonly dtype: StoredDType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file: u64 header length, JSON header, data. Tensors are views into `file`.
 * Throws CheckpointError, naming `source` and the tensor, unless every byte of the data belongs to exactly one tensor
 * whose shape and dtype need just that many.
 */
export function readSafetensors(file: Uint8Array, source = "safetensors"): Safetensors {
  // Not a Node Buffer, whose `slice` does not copy: nobody downstream should have to know.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const dataStart = 8 + headerLength(bytes, bytes.byteLength, source);
  const { places, metadata } = readHeader(bytes.subarray(8, dataStart), bytes.byteLength - dataStart, source);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of places) {
    tensors.set(name, { dtype, shape, data: bytes.subarray(dataStart + begin, dataStart + end) });
  }
  return { tensors, metadata };
}

/** What a header says of `dataBytes` bytes of data, with every claim checked. Throws CheckpointError as above. */
export function readHeader(
  header: Uint8Array,
  dataBytes: number,
  source: string,
): { places: Map<string, TensorPlace>; metadata: Map<string, string> } {
  const { claims, metadata } = parseHeader(header, source);
  const places = new Map<string, TensorPlace>();
  for (const claim of claims) places.set(claim.name, checkClaim(claim, dataBytes, source));
  checkCoverage(claims, dataBytes, source);
  return { places, metadata };
}

/**
 * Bytes of the header of a file of `fileBytes` bytes, by the first eight of them.
 * Throws CheckpointError if the file does not hold so many.
 */
export function headerLength(first: Uint8Array, fileBytes: number, source: string): number {
  if (fileBytes < 8) {
    throw new CheckpointError(
      `${source}: ${fileBytes} bytes are no safetensors file (the header length alone takes 8)`,
      "the file is empty or truncated; fetch it again",
    );
  }
  const claimed = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  const kind = first[8] === OPEN_OBJECT ? null : kindOf(first);
  if (kind) throw new CheckpointError(`${source}: this is ${kind.name}, not a safetensors file`, kind.help);
  if (claimed > MAX_HEADER_BYTES) {
    throw new CheckpointError(
      `${source}: header of ${claimed} bytes is over the cap of ${MAX_HEADER_BYTES}`,
      "this is probably not a safetensors file",
    );
  }
  if (Number(claimed) > fileBytes - 8) {
    throw new CheckpointError(
      `${source}: header of ${claimed} bytes in a file with ${fileBytes - 8} bytes after its length`,
      "the file is truncated, or is not a safetensors file",
    );
  }
  checkHeaderSize(Number(claimed), fileBytes - 8 - Number(claimed), source);
  return Number(claimed);
}

/** Throws CheckpointError for a header that is out of proportion to the data that it describes. */
function checkHeaderSize(headerBytes: number, dataBytes: number, source: string): void {
  if (headerBytes <= Math.max(SMALL_HEADER_BYTES, dataBytes)) return;
  throw new CheckpointError(
    `${source}: header of ${headerBytes} bytes for ${dataBytes} bytes of data`,
    `a header of more than ${SMALL_HEADER_BYTES} bytes must be smaller than the data; the file is damaged or malicious`,
  );
}

/** Takes a claim if its dtype is known and its shape needs exactly the bytes that it names. */
function checkClaim({ name, dtype, shape, begin, end }: TensorClaim, dataBytes: number, source: string): TensorPlace {
  const where = `${source}: tensor "${name}"`;
  if (!isStoredDType(dtype)) {
    throw new CheckpointError(
      `${where}: unknown dtype ${JSON.stringify(dtype)}`,
      `known: ${Object.keys(DTYPE_BYTES).join(", ")}`,
    );
  }
  const need = sizeInBytes({ dtype, shape });
  if (!Number.isSafeInteger(need)) {
    throw new CheckpointError(`${where}: shape [${shape.join(", ")}] overflows`, "the file is damaged or malicious");
  }
  if (begin > end || end > dataBytes) {
    throw new CheckpointError(
      `${where}: offsets ${begin}–${end} lie outside the ${dataBytes} bytes of data`,
      "the file is truncated or damaged; fetch it again",
    );
  }
  if (end - begin !== need) {
    throw new CheckpointError(
      `${where}: ${dtype} [${shape.join(", ")}] needs ${need} bytes, its offsets span ${end - begin}`,
      "the file is damaged or was written by a faulty program",
    );
  }
  return { dtype, shape, begin, end };
}

function isStoredDType(dtype: string): dtype is StoredDType {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

/** The tensors, in order of offset, must tile the data: no overlap, no hole, nothing behind the last. */
function checkCoverage(claims: readonly TensorClaim[], dataBytes: number, source: string): void {
  let covered = 0;
  for (const { name, begin, end } of claims.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      const kind = begin < covered ? "overlaps the one before it" : "leaves a hole before it";
      throw new CheckpointError(
        `${source}: tensor "${name}" ${kind}: it starts at ${begin}, the data before it end at ${covered}`,
        "safetensors data must be contiguous; the file is damaged or malicious",
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new CheckpointError(
      `${source}: ${dataBytes} bytes of data, of which tensors cover ${covered}`,
      "the file has trailing bytes: it was damaged or joined with something else",
    );
  }
}

/**
 * Serialises tensors. The bytes depend on the content only, not on the order of `tensors`: as in the reference
 * implementation wide dtypes come first, then names in code-unit order, so that every tensor is aligned to its element.
 * Throws CheckpointError on all that `readSafetensors` would refuse: a name given twice, `__metadata__`, metadata that
 * are no strings, data that do not fit their shape.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array<ArrayBuffer> {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (nameA < nameB ? -1 : 1),
  );
  const texts = new Map(metadata);
  checkEntries(sorted);
  checkMetadata(texts);
  const header = encodeHeader(sorted, texts);
  const dataBytes = sorted.reduce((sum, [, { data }]) => sum + data.byteLength, 0);
  checkHeaderSize(header.byteLength, dataBytes, "safetensors");
  const out = new Uint8Array(8 + header.byteLength + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  out.set(header, 8);
  let at = 8 + header.byteLength;
  for (const [, { data }] of sorted) {
    out.set(data, at);
    at += data.byteLength;
  }
  return out;
}

function checkEntries(entries: readonly (readonly [string, StoredTensor])[]): void {
  const names = new Set<string>();
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === "__metadata__" || names.has(name)) {
      throw new CheckpointError(
        `safetensors: the tensor name "${name}" is ${names.has(name) ? "given twice" : "reserved"}`,
        "rename the tensor",
      );
    }
    names.add(name);
    if (shape.length > MAX_RANK) {
      throw new CheckpointError(`safetensors: "${name}" has rank ${shape.length}`, `at most ${MAX_RANK} dimensions`);
    }
    const need = sizeInBytes({ dtype, shape });
    if (need !== data.byteLength || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      throw new CheckpointError(
        `safetensors: "${name}": ${dtype} [${shape.join(", ")}] needs ${need} bytes, its data have ${data.byteLength}`,
        "give one element per place of the shape",
      );
    }
  }
}

/** Not every caller is checked by a compiler. */
function checkMetadata(metadata: ReadonlyMap<unknown, unknown>): void {
  for (const [key, text] of metadata) {
    if (typeof key === "string" && typeof text === "string") continue;
    throw new CheckpointError(
      `safetensors: metadata ${JSON.stringify(String(key))} is ${typeof text}, not a string`,
      "metadata map strings to strings: write numbers with String(…)",
    );
  }
}

/** The JSON header, padded with spaces to a multiple of 8. Joined by hand: an object would lose `__proto__`. */
function encodeHeader(
  entries: readonly (readonly [string, StoredTensor])[],
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const fields: string[] = [];
  if (metadata.size > 0) {
    const pairs = [...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    fields.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  let offset = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const end = offset + data.byteLength;
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const header = new TextEncoder().encode(`{${fields.join(",")}}`);
  const padded = new Uint8Array(Math.ceil(header.byteLength / 8) * 8).fill(0x20);
  padded.set(header);
  return padded;
}
