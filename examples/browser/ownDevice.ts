// Adapts on a GPUDevice that the page has already, for what it draws or computes.
import { loadDigitsModel, openDevice, type TypedArray, tensor, ZeroSiam } from "zerosiam";

/** The logits `[N, 10]` of `images` `[N, 1, 28, 28]`, adapted to. `gpu` and the page's other things on it stay as they are. */
export async function answerOn(gpu: GPUDevice, weights: Blob, images: Float32Array<ArrayBuffer>): Promise<TypedArray> {
  const device = await openDevice({ device: gpu, memoryBudget: 2 ** 28 });
  try {
    const method = new ZeroSiam(await loadDigitsModel(weights), { lr: 1e-3, lrPredictor: 1e-2 });
    return await method.step(tensor(images, [images.length / 784, 1, 28, 28])).logits.data();
  } finally {
    device.destroy(); // frees what was made on it, and leaves `gpu` to the page
  }
}
