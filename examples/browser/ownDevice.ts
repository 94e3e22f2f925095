// Adapts on a GPUDevice that the page has already, for what it draws or computes.
import { loadDigitsModel, openDevice, type TypedArray, tensor, ZeroSiam } from "zerosiam";

/** The logits `[N, 10]` of `images` `[N, 1, 28, 28]`, adapted to. `gpu` and the page's other things on it stay as they are. */
export async function answerOn(gpu: GPUDevice, weights: Blob, images: Float32Array<ArrayBuffer>): Promise<TypedArray> {
  const device = await openDevice({ device: gpu, memoryBudget: 2 ** 28 });
  const model = await loadDigitsModel(weights);
  const method = new ZeroSiam(model, { lr: 1e-3, lrPredictor: 1e-2 });
  using batch = tensor(images, [images.length / 784, 1, 28, 28]);
  const logits = await method.step(batch).logits.data();
  method.dispose();
  model.dispose();
  device.destroy(); // leaves `gpu` to the page
  return logits;
}
