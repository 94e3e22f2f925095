// Ours in the comparison.
import { type Device, grad, noGrad, scope, type Tensor, tensor } from "../../src/tensor/index.js";
import { disposeAll, EPS, type Library, type Task, type TaskOp } from "./library.js";

const OPS: Readonly<Record<TaskOp, (...inputs: Tensor[]) => Tensor>> = {
  matmul: (a, b) => a.matmul(b),
  softmax: (x) => x.softmax(-1),
  gelu: (x) => x.gelu(),
  add: (a, b) => a.add(b),
  layerNorm: (x, weight, bias) => x.layerNorm(weight, bias, { eps: EPS })[0],
  conv2d: (x, weight) => x.conv2d(weight, null, { padding: 1 }),
  batchNormGrad(x, weight, bias, gradient) {
    const [y] = x.batchNorm(weight, bias, { eps: EPS });
    return grad(y, [x, weight, bias], { gradient })[0];
  },
};

export function zerosiam(device: Device): Library {
  return { name: "zerosiam", prepare };

  async function prepare({ op, inputs: arrays }: Task) {
    const inputs = arrays.map(({ data, shape }) => tensor(data, shape, { device }));
    const learns = op === "batchNormGrad";
    if (learns) for (const input of inputs.slice(0, 3)) input.setRequiresGrad(true);
    const compute = () => scope(() => (learns ? OPS[op](...inputs) : noGrad(() => OPS[op](...inputs))));
    return {
      async run(times: number) {
        for (let i = 0; i < times; i++) compute().dispose();
        await device.sync();
      },
      async read() {
        using result = compute();
        return await result.data();
      },
      dispose: () => disposeAll(inputs),
    };
  }
}
