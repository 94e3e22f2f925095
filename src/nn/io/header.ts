// The JSON header of a safetensors file: decoding, and checking that each field has the type the format gives it.
import { CheckpointError } from "../../tensor/errors.js";
import type { Shape } from "../../tensor/shape.js";

/** What the header says of a tensor, not yet compared with the data. Offsets count from the start of the data. */
export interface TensorClaim {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** More dimensions than any tensor of any framework has. */
export const MAX_RANK = 32;
/** The header, a tensor in it, the tensor's shape. */
const MAX_DEPTH = 3;

/** Parses and type-checks a header. Fields that the format does not name are ignored. Throws CheckpointError. */
export function parseHeader(
  bytes: Uint8Array,
  source: string,
): { claims: TensorClaim[]; metadata: Map<string, string> } {
  const claims: TensorClaim[] = [];
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(decodeJson(bytes, source))) {
    if (name === "__metadata__") readMetadata(value, metadata, source);
    else claims.push(readClaim(name, value, source));
  }
  return { claims, metadata };
}

function decodeJson(bytes: Uint8Array, source: string): object {
  checkNesting(bytes, source);
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(
      `${source}: the header is not JSON in UTF-8`,
      "the file is damaged, or is not a safetensors file",
      { cause },
    );
  }
  if (!text.startsWith("{") || !isObject(value)) {
    throw new CheckpointError(`${source}: the header is not a JSON object`, "this is not a safetensors file");
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== null) {
    throw new CheckpointError(
      `${source}: the header has the key ${JSON.stringify(duplicate)} twice`,
      "the file is malicious or was written by a faulty program",
    );
  }
  return value;
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Throws CheckpointError for nesting and lists that no header has, in one pass that allocates nothing: JSON.parse would
 * take a hundred times the memory of a header that is made of brackets.
 */
function checkNesting(bytes: Uint8Array, source: string): void {
  const refuse = (what: string): never => {
    throw new CheckpointError(`${source}: the header ${what}`, "the file is damaged or malicious");
  };
  let depth = 0;
  let inList = false; // lists hold nothing that nests
  let commas = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > MAX_DEPTH || inList) refuse(`nests deeper than a tensor's shape, at byte ${i}`);
      inList = byte === OPEN_LIST;
      commas = 0;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--;
      inList = false;
    } else if (byte === COMMA && inList && ++commas >= MAX_RANK) {
      refuse(`has a list of more than ${MAX_RANK} elements, at byte ${i}: no tensor has so many dimensions`);
    }
  }
}

/** The first key that an object of this (valid) JSON text repeats: JSON.parse would keep the last value silently. */
function findDuplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  let literal = "";
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === "{" || char === "[") open.push(new Set());
    else if (char === "}" || char === "]") open.pop();
    else if (char === '"') {
      const end = endOfString(json, i);
      literal = json.slice(i, end + 1);
      i = end;
    } else if (char === ":") {
      const key: string = JSON.parse(literal);
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

/** Index of the quote that ends the string literal starting at `start`. */
function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMetadata(value: unknown, metadata: Map<string, string>, source: string): void {
  if (!isObject(value)) refuseMetadata("__metadata__", source);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") refuseMetadata(key, source);
    metadata.set(key, text);
  }
}

function refuseMetadata(key: string, source: string): never {
  throw new CheckpointError(
    `${source}: metadata "${key}" is not of the right type`,
    "__metadata__ must map strings to strings; the file was written by a faulty program",
  );
}

function readClaim(name: string, value: unknown, source: string): TensorClaim {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (typeof dtype === "string" && isSizes(shape) && isSizes(offsets) && offsets.length === 2) {
    return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
  }
  throw new CheckpointError(
    `${source}: tensor "${name}": dtype, shape or data_offsets is missing or no list of integers ≥ 0`,
    "the file is damaged or was written by a faulty program",
  );
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
