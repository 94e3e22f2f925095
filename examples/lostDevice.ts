// Adapts to a stream through losses of the device: what was learnt is kept on the host, and goes on from there.
import { type Batch, DeviceLostError, type Method, openDevice, type Shape, type TypedArray, tensor } from "zerosiam";

/** A tensor on the host. */
interface Saved {
  readonly name: string;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** All that adaptation has changed. */
export function save(method: Method): Promise<Saved[]> {
  const state = [...method.state()];
  return Promise.all(state.map(async ([name, t]) => ({ name, shape: t.shape, data: await t.data() })));
}

export function restore(method: Method, saved: readonly Saved[]): void {
  const tensors = new Map(saved.map(({ name, shape, data }) => [name, tensor(data, shape)]));
  method.loadState(tensors);
  for (const t of tensors.values()) t.dispose();
}

/** The logits of each batch. `start` makes model and method, on the device that is open then. */
export async function adapt(batches: readonly Batch[], start: () => Promise<Method>, every = 16) {
  const logits: TypedArray[] = [];
  let saved: Saved[] | null = null;
  let at = 0; // the batch before which it was saved
  for (;;) {
    await openDevice(); // the one that is open, or another where that is lost
    const method = await start();
    try {
      if (saved) restore(method, saved);
      for (const [i, batch] of batches.entries()) {
        if (i < at) continue;
        if (i % every === 0) [saved, at] = [await save(method), i];
        using images = tensor(batch.images, batch.shape);
        logits[i] = await method.step(images).logits.data();
      }
      return logits;
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
    } finally {
      method.dispose();
      method.model.dispose();
    }
  }
}
