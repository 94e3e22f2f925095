// This engine in the comparison of accuracy: the calls that the parity tests make.

import { fixtureCall } from "../../../src/parity/opCalls.js";
import { grad, scope, Tensor, tensor } from "../../../src/tensor/index.js";
import type { HostArray } from "../library.js";
import type { AccuracyLibrary } from "./library.js";

export const zerosiamAccuracy: AccuracyLibrary = {
  name: "zerosiam",
  async run({ op, attrs, inputs, leaves, gy }) {
    const upload = ({ data, shape }: HostArray) => tensor(data, [...shape]);
    const results = scope(() => {
      const named = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, upload(array)]));
      for (const leaf of leaves) named[leaf].setRequiresGrad(true);
      const result = fixtureCall(op)(named, attrs);
      const y = result instanceof Tensor ? result : result.y;
      const gradients =
        gy &&
        grad(
          y,
          leaves.map((leaf) => named[leaf]),
          { gradient: upload(gy) },
        );
      return { y, gradients };
    });
    const y = await results.y.data();
    const gradients = results.gradients && (await Promise.all(results.gradients.map((gradient) => gradient.data())));
    for (const made of new Set([results.y, ...(results.gradients ?? [])])) made.dispose();
    return { y, gradients };
  },
};
