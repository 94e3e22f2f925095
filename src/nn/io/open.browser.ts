// What stands in for open.ts in browsers, where no file can be kept open.
import { CheckpointError } from "../../tensor/errors.js";

/** Throws CheckpointError. */
export async function openSafetensors(path: string): Promise<never> {
  throw new CheckpointError(`${path}: browsers keep no file open`, "load all of it: loadImageSet, nn.loadSafetensors");
}
