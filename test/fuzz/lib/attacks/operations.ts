// What a device may be lost in: operations that people wait for, each with what it gives on the host.
import { readFile } from "node:fs/promises";
import { AdamW, encodeTensors, loadWeights, saveTensors } from "../../../../src/nn/index.js";
import { backward, type Device, Rng, scope, type Tensor, tensor } from "../../../../src/tensor/index.js";
import type { Method } from "../../../../src/zerosiam/methods/index.js";
import { images, pixels, SmallNet, values } from "./subject.js";

/** A method that has made a step, on a device of its own. */
export interface Subject {
  readonly device: Device;
  readonly method: Method;
  readonly batch: Tensor;
  /** Weights of its net as a file has them, and where a file may go. */
  readonly weights: Uint8Array;
  readonly path: string;
}

export type Operation = (subject: Subject) => Promise<unknown>;

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  "step, data": async ({ method, batch }) => method.step(batch).logits.data(),
  "step, metrics.read": async ({ method, batch }) => method.step(batch).metrics.read(),
  "step, sync, data": async ({ method, batch, device }) => {
    const { logits } = method.step(batch);
    await device.sync();
    return logits.data();
  },
  predict: async ({ method, batch }) => {
    using logits = method.predict(batch);
    return await logits.data();
  },
  reset: async ({ method }) => {
    method.reset();
    return values(method.state());
  },
  "scaleRates, rollback": async ({ method }) => {
    method.scaleRates(0.5);
    if (method.remembered > 0) method.rollback(1);
    return values(method.state());
  },
  loadState: async ({ method }) => {
    const saved = new Map([...method.state()].map(([name, t]) => [name, t.detach()]));
    try {
      method.loadState(saved);
    } finally {
      for (const t of saved.values()) t.dispose();
    }
    return values(method.state());
  },
  loadWeights: async ({ method, weights }) => values((await loadWeights(method.model, weights)).stateDict()),
  exportModel: async ({ method, batch }) => {
    const exported = method.exportModel([batch]);
    try {
      return await values(exported);
    } finally {
      for (const t of exported.values()) t.dispose();
    }
  },
  encodeTensors: async ({ method }) => encodeTensors(method.model.stateDict()),
  saveTensors: async ({ method, path }) => {
    await saveTensors(path, method.model.stateDict());
    return readFile(path);
  },
  train,
};

/** Three steps of AdamW on a net of its own. */
async function train({ device }: Subject): Promise<unknown> {
  const rng = new Rng(5);
  const net = new SmallNet(rng);
  let optimizer: AdamW | null = null;
  try {
    optimizer = new AdamW(net.namedParameters(), { lr: 0.01 });
    for (let i = 0; i < 3; i++) {
      scope(() => {
        const labels = tensor(Int32Array.of(0, 1, 2, 3), [4], { device });
        backward(net.forward(images(pixels(rng, 4))).crossEntropy(labels));
        optimizer?.step();
        optimizer?.zeroGrad();
      });
      await device.sync();
    }
    return await values(net.stateDict());
  } finally {
    optimizer?.dispose();
    net.dispose();
  }
}
