// Steps of a workload, each awaited, and what is alive after them: the same code runs in Node and in a page.
import { memory, tensor } from "../../../src/tensor/index.js";
import { WORKLOADS, type Workload } from "./workloads.js";

export type WorkloadName = keyof typeof WORKLOADS;

export class Soak {
  readonly #workload: Workload;
  #step = 0;

  /** On the open device. */
  constructor(name: WorkloadName) {
    this.#workload = WORKLOADS[name]();
  }

  /** `steps` more steps; then what is alive. Throws when a step did not give finite answers. */
  async run(steps: number) {
    const { method, shape, batch } = this.#workload;
    const pixels = shape.reduce((product, n) => product * n);
    for (let i = 0; i < steps; i++) {
      const [n, step] = [batch(), this.#step++];
      const values = Float32Array.from({ length: n * pixels }, (_, at) => Math.sin(at + step));
      using images = tensor(values, [n, ...shape]);
      const { logits } = method.step(images);
      const answers = await logits.data();
      if (!answers.every(Number.isFinite)) throw new Error(`step ${step}: the answers are ${answers}`);
    }
    return { step: this.#step, ...memory() };
  }

  dispose(): void {
    this.#workload.method.dispose();
    this.#workload.method.model.dispose();
  }
}

export type SoakCounts = Awaited<ReturnType<Soak["run"]>>;
