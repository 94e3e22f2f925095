// What a step measured: scalars that stay on the device until someone reads them.
import { concat, keep, NonFiniteError, type Tensor } from "../../tensor/index.js";

/** Scalars that a method may measure beside its logits. */
export interface StepTerms {
  /** What was descended. */
  readonly loss?: Tensor;
  /** Mean entropy of the online branch's predictions. */
  readonly entropy?: Tensor;
  /** Mean divergence between online and target predictions, before α. */
  readonly alignment?: Tensor;
  /** ‖W_h − I‖_F after the update. */
  readonly predictorDistance?: Tensor;
}

const TERMS = ["loss", "entropy", "alignment", "predictorDistance"] as const;

/** The terms as numbers; null where the method has none. */
export type StepReport = Readonly<Record<(typeof TERMS)[number], number | null>> & {
  /** False when the gradient was not finite: the step changed nothing. */
  readonly updated: boolean;
};

export class StepMetrics {
  /** All scalars in one tensor, so that reading them costs one copy. */
  readonly #packed: Tensor;
  readonly #method: string;
  readonly #names: readonly (keyof StepTerms)[];

  constructor(method: string, terms: StepTerms, imagesFinite: Tensor, finite: Tensor) {
    this.#method = method;
    this.#names = TERMS.filter((name) => terms[name]);
    const flags = [imagesFinite.cast("f32"), finite.cast("f32")];
    const scalars = [...flags, ...this.#names.map((name) => (terms[name] as Tensor).detach())];
    this.#packed = concat(scalars.map((scalar) => scalar.reshape([1])));
  }

  /** Waits for the step. Rejects with NonFiniteError when the images held NaN or ±Inf; nothing was updated then. */
  async read(): Promise<StepReport> {
    const [imagesFinite, finite, ...values] = await this.#packed.data();
    if (imagesFinite === 0) {
      const help = "check the decoding and normalisation of this batch; model and optimiser are as before it";
      throw new NonFiniteError(`${this.#method}: the images hold NaN or infinite values`, help);
    }
    const value = (name: keyof StepTerms) => {
      const at = this.#names.indexOf(name);
      return at < 0 ? null : values[at];
    };
    return {
      loss: value("loss"),
      entropy: value("entropy"),
      alignment: value("alignment"),
      predictorDistance: value("predictorDistance"),
      updated: finite === 1,
    };
  }

  /** Takes the scalars out of every scope: they live until `dispose()`. */
  keep(): this {
    keep(this.#packed);
    return this;
  }

  dispose(): void {
    this.#packed.dispose();
  }
}
