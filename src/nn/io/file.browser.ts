// What stands in for file.ts in browsers: files are addresses there, and nothing is written.
import { CheckpointError } from "../../tensor/errors.js";
import { fetchBytes } from "./fetch.js";
import { readSafetensors, type Safetensors } from "./safetensors.js";

/** Fetches and checks a safetensors file; `path` may be relative to the page. Throws CheckpointError. */
export async function loadSafetensors(path: string): Promise<Safetensors> {
  return readSafetensors(await fetchBytes(path), path);
}

/** Throws CheckpointError. */
export async function saveSafetensors(path: string): Promise<never> {
  refuse(path, "writeSafetensors");
}

/** Throws CheckpointError. */
export async function writeFileAtomic(path: string): Promise<never> {
  refuse(path, "encodeTensors");
}

/** Throws CheckpointError. */
export function pathOf(url: URL): never {
  throw new CheckpointError(`${url.href}: pages cannot read files`, "let the user choose one: <input type=file>");
}

function refuse(path: string, instead: string): never {
  const help = `nn.${instead}() gives the bytes: keep them in IndexedDB, or offer new Blob([bytes]) for download`;
  throw new CheckpointError(`${path}: browsers write no files`, help);
}
