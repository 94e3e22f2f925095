// The CSV of `--predictions`, written as the answers come: what a killed run has answered is there.
import { type FileHandle, open, stat } from "node:fs/promises";
import { writeFileAtomic } from "../../nn/index.js";
import { describe, helpFor } from "../../nn/io/cause.js";
import { CheckpointError } from "../../tensor/index.js";
import type { Passes } from "./passes.js";

/** In the order of the stream: the image's index in the data, its label (none: empty), the answer (−1: logits not finite). */
export class PredictionsFile implements AsyncDisposable {
  private constructor(
    private readonly path: string,
    private readonly passes: Passes,
    private readonly file: FileHandle,
    private written: number,
  ) {}

  /**
   * Begins the file anew with what was answered before: a run that goes on repeats what came after its state was saved.
   * Throws CheckpointError.
   */
  static async open(path: string, passes: Passes, predictions: readonly number[]): Promise<PredictionsFile> {
    const begun = `image,label,prediction\n${lines(passes, 0, predictions)}`;
    return attempt(path, async () => {
      const target = await stat(path).catch(() => null); // nothing there yet: a file is made
      const isFile = target === null || target.isFile();
      if (isFile) await writeFileAtomic(path, begun); // else a pipe, which is opened once
      const file = await open(path, isFile ? "a" : "w");
      if (!isFile) await file.write(begun);
      return new PredictionsFile(path, passes, file, predictions.length);
    });
  }

  /** Adds those of all `predictions` that are new. Throws CheckpointError. */
  async append(predictions: readonly number[]): Promise<void> {
    const text = lines(this.passes, this.written, predictions);
    await attempt(this.path, () => this.file.appendFile(text));
    this.written = predictions.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }
}

function lines(passes: Passes, from: number, predictions: readonly number[]): string {
  const rows = predictions.slice(from).map((prediction, i) => {
    const { image, label } = passes.sample(from + i);
    return `${image},${label < 0 ? "" : label},${prediction}\n`;
  });
  return rows.join("");
}

async function attempt<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError(`${path}: cannot be written (${describe(cause)})`, helpFor(cause), { cause });
  }
}
