// Safetensors files too large for memory: the header is read and checked, the data when asked for. Node only: see open.browser.ts.
import { CheckpointError } from "../../tensor/errors.js";
import type { Shape } from "../../tensor/shape.js";
import { describe, helpFor } from "./cause.js";
import { KIND_BYTES } from "./kind.js";
import { headerLength, readHeader, type StoredDType } from "./safetensors.js";
import { checkRegular } from "./whole.js";

/** A tensor that stays in its file. */
export interface OpenTensor {
  readonly dtype: StoredDType;
  readonly shape: Shape;
  /** Fresh bytes of it, from byte `begin` to before byte `end`. Throws CheckpointError. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer>;
}

/** An open file. Disposing closes it: nothing can be read then. */
export interface OpenSafetensors extends Disposable {
  readonly tensors: Map<string, OpenTensor>;
  readonly metadata: Map<string, string>;
}

/** Bytes of one call of the system: it takes no 2³¹. */
const MAX_READ = 2 ** 30;

/**
 * Opens a file and checks all that `loadSafetensors` checks, without reading its data. Throws CheckpointError, also for
 * what is no regular file: a device or a pipe does not say how long it is.
 */
export async function openSafetensors(path: string): Promise<OpenSafetensors> {
  const { closeSync, fstatSync, openSync, readSync, statSync } = await import("node:fs");
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw new CheckpointError(`${path}: cannot be read (${describe(cause)})`, helpFor(cause), { cause });
    }
  };
  // Before it is opened: opening a pipe waits for someone to write.
  const found = attempt(() => statSync(path));
  checkRegular(path, found);
  const file = attempt(() => openSync(path, "r"));
  const bytes = (begin: number, end: number): Uint8Array<ArrayBuffer> => {
    const out = allocate(end - begin, path);
    for (let at = 0; at < out.length; ) {
      const part = Math.min(out.length - at, MAX_READ);
      const got = attempt(() => readSync(file, out, at, part, begin + at));
      if (got === 0) {
        throw new CheckpointError(
          `${path}: ends before byte ${end}`,
          "the file was truncated, maybe since it was opened; fetch it again",
        );
      }
      at += got;
    }
    return out;
  };
  try {
    const size = attempt(() => fstatSync(file).size);
    const dataStart = 8 + headerLength(bytes(0, Math.min(KIND_BYTES, size)), size, path);
    const { places, metadata } = readHeader(bytes(8, dataStart), size - dataStart, path);
    const tensors = new Map<string, OpenTensor>();
    for (const [name, { dtype, shape, begin }] of places) {
      const from = dataStart + begin;
      tensors.set(name, { dtype, shape, read: (first, last) => bytes(from + first, from + last) });
    }
    return { tensors, metadata, [Symbol.dispose]: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function allocate(bytes: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new CheckpointError(
      `${path}: ${bytes} bytes at once: ${(cause as Error).message}`,
      "the file is damaged, or wants more memory than there is",
      { cause },
    );
  }
}
