// Weights are numbers: a file that holds NaN or infinities is told by the names of its tensors.
import { CheckpointError, cat, noGrad, scope, type Tensor } from "../../tensor/index.js";

/** Rejects with CheckpointError, naming them, if any of the f32 tensors of `path` holds NaN or ±Inf. */
export async function checkFinite(path: string, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  const floats = [...tensors].filter(([, { dtype }]) => dtype === "f32");
  if (floats.length === 0) return;
  using flags = noGrad(() => scope(() => cat(floats.map(([, tensor]) => tensor.allFinite([]).reshape([1])))));
  const finite = await flags.data();
  const broken = floats.flatMap(([name], i) => (finite[i] === 1 ? [] : [name]));
  if (broken.length === 0) return;
  throw new CheckpointError(
    `${path}: NaN or infinite values in ${broken.length} of ${floats.length} tensors: ${broken.slice(0, 10).join(", ")}`,
    "export the weights anew: a model answers nothing with these",
  );
}
