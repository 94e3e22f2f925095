// The CSV of `--predictions`, written as the answers come: what a killed run has answered is there.
import { type FileHandle, open, stat } from "node:fs/promises";
import { writeFileAtomic } from "../../nn/index.js";
import { describe, helpFor } from "../../nn/io/cause.js";
import { CheckpointError } from "../../tensor/index.js";
import type { Passes } from "./passes.js";

/**
 * In the order of the stream: the image's index in the data, its label (none: empty), the answer (−1: logits not finite).
 * Nothing is written before the first `append`: a run that fails before its first answer leaves what is there.
 */
export class PredictionsFile implements AsyncDisposable {
  #file: FileHandle | null = null;
  #written = 0;

  constructor(
    private readonly path: string,
    private readonly passes: Passes,
  ) {}

  /**
   * Adds those of all `predictions` that are new. The first time the file begins anew, with all: a run that goes on
   * repeats what came after its state was saved. Throws CheckpointError.
   */
  async append(predictions: readonly number[]): Promise<void> {
    const text = lines(this.passes, this.#written, predictions);
    try {
      if (this.#file === null) this.#file = await begin(this.path, `image,label,prediction\n${text}`);
      else await this.#file.appendFile(text);
    } catch (cause) {
      if (cause instanceof CheckpointError) throw cause;
      throw new CheckpointError(`${this.path}: cannot be written (${describe(cause)})`, helpFor(cause), { cause });
    }
    this.#written = predictions.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }
}

/** Replaces the file, which stays open for what follows; a pipe is opened once. */
async function begin(path: string, text: string): Promise<FileHandle> {
  const target = await stat(path).catch(() => null); // nothing there yet: a file is made
  const isFile = target === null || target.isFile();
  if (isFile) await writeFileAtomic(path, text);
  const file = await open(path, isFile ? "a" : "w");
  if (!isFile) await file.appendFile(text);
  return file;
}

function lines(passes: Passes, from: number, predictions: readonly number[]): string {
  const rows = predictions.slice(from).map((prediction, i) => {
    const { image, label } = passes.sample(from + i);
    return `${image},${label < 0 ? "" : label},${prediction}\n`;
  });
  return rows.join("");
}
