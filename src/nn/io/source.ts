// Safetensors from wherever they are: a file's path, an address, a Blob or File, bytes in memory.
import { formatValue } from "../../tensor/arguments.js";
import { ConfigError } from "../../tensor/errors.js";
import { fetchBytes } from "./fetch.js";
import * as file from "./file.js";
import { readSafetensors, type Safetensors } from "./safetensors.js";

/**
 * Where the bytes of a safetensors file come from. A string is a path in Node and an address in browsers, where it may be
 * relative to the page; `https://…` is an address everywhere, and so is a URL (`file:` URLs only in Node).
 */
export type ByteSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** Reads and checks a safetensors file. Throws CheckpointError, with the system's error as its cause. */
export async function loadSafetensors(source: ByteSource): Promise<Safetensors> {
  const name = sourceName(source);
  if (source instanceof Uint8Array) return readSafetensors(source, name);
  if (source instanceof ArrayBuffer) return readSafetensors(new Uint8Array(source), name);
  if (source instanceof Blob) return readSafetensors(new Uint8Array(await source.arrayBuffer()), name);
  return isAddress(name) ? readSafetensors(await fetchBytes(name), name) : file.loadSafetensors(name);
}

/** What errors call a source. Throws ConfigError for what is none. */
export function sourceName(source: ByteSource): string {
  if (typeof source === "string") return source;
  if (source instanceof URL) return source.protocol === "file:" ? file.pathOf(source) : source.href;
  if (source instanceof Blob) return source instanceof File ? source.name : "the Blob";
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) return "the bytes";
  throw new ConfigError(
    `a file cannot be read from ${formatValue(source)}`,
    "give a path, a URL, a Blob or File, an ArrayBuffer or a Uint8Array; tensors by name are for model.loadStateDict",
  );
}

function isAddress(name: string): boolean {
  return /^(https?|blob|data):/i.test(name);
}
