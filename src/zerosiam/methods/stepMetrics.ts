// What a step measured: scalars that stay on the device until someone reads them.
import { cat, DisposedError, keep, NonFiniteError, noGrad, scope, type Tensor } from "../../tensor/index.js";

/** Scalars that a method may measure beside its logits. */
export interface StepTerms {
  /** What was descended. */
  readonly loss?: Tensor;
  /**
   * The part of the loss that is minimised for its own sake, of the predictions that learn: mean entropy, or the objective
   * in its place. The entropy of the answers is another figure: a recorder's.
   */
  readonly onlineEntropy?: Tensor;
  /** Mean divergence between online and target predictions, before α. */
  readonly alignment?: Tensor;
  /** ‖W_h − I‖_F after the update. */
  readonly predictorDistance?: Tensor;
  /** SAR: the loss at the weights themselves, before the climb to where `loss` was taken. */
  readonly firstLoss?: Tensor;
  /** Samples that the entropy threshold let through. */
  readonly reliable?: Tensor;
  /** Samples that were learnt from: those that passed every filter. */
  readonly kept?: Tensor;
  /** SAR: the moving average of the loss; negative while there is none. */
  readonly average?: Tensor;
  /** SAR: recoveries so far, this step's included. */
  readonly recoveries?: Tensor;
}

const TERMS = [
  "loss",
  "onlineEntropy",
  "alignment",
  "predictorDistance",
  "firstLoss",
  "reliable",
  "kept",
  "average",
  "recoveries",
] as const satisfies readonly (keyof StepTerms)[];

/** The terms of a step, each a number or null. */
export type StepNumbers = Readonly<Record<(typeof TERMS)[number], number | null>>;

/** The terms of the last pass as numbers; null where the method has none, and for means over no sample. */
export interface StepReport extends StepNumbers {
  /**
   * False when nothing was learnt: in every pass no sample was selected, or the gradient was not finite. Methods that
   * learn nothing say true: what they answered is all that they were to do.
   */
  readonly updated: boolean;
}

/** Scalars about a step: bools, and the largest pixel where it was asked for, else 0. */
type StepFlags = Readonly<Record<"imagesFinite" | "updated" | "answersFinite" | "largest", Tensor>>;

/** What a step measured: on the device until `read()`. */
export class StepMetrics {
  /** All scalars in one tensor, so that reading them costs one copy. */
  readonly #packed: Tensor;
  readonly #names: readonly (keyof StepTerms)[];
  #told = false;

  /**
   * `tell` hears what is read, once.
   * @internal
   */
  constructor(
    readonly method: string,
    terms: StepTerms,
    { imagesFinite, updated, answersFinite, largest }: StepFlags,
    readonly tell: (report: StepReport, answersFinite: boolean, largest: number) => void,
  ) {
    this.#names = TERMS.filter((name) => terms[name]);
    const flags = [imagesFinite.cast("f32"), updated.cast("f32"), answersFinite.cast("f32"), largest];
    const scalars = [...flags, ...this.#names.map((name) => (terms[name] as Tensor).detach())];
    this.#packed = cat(scalars.map((scalar) => scalar.reshape([1])));
  }

  /**
   * Waits for the step. Rejects with NonFiniteError when the images held NaN or ±Inf; nothing was updated then. Throws
   * DisposedError after the method's next step.
   */
  async read(): Promise<StepReport> {
    if (this.#packed.disposed) {
      throw new DisposedError(
        `the metrics of this step of ${this.method} are gone`,
        "read() them before the next step",
      );
    }
    const [imagesFinite, updated, answersFinite, largest, ...values] = await this.#packed.data();
    if (imagesFinite === 0) {
      const help = "check the decoding and normalisation of this batch; nothing was learnt from it";
      throw new NonFiniteError(`${this.method}: the images hold NaN or infinite values`, help);
    }
    const found = new Map(this.#names.map((name, i) => [name, values[i]]));
    if (found.get("kept") === 0) for (const name of ["loss", "onlineEntropy", "alignment"] as const) found.delete(name);
    if (found.get("reliable") === 0) found.delete("firstLoss");
    if ((found.get("average") ?? 0) < 0) found.delete("average");
    const terms = Object.fromEntries(TERMS.map((name) => [name, found.get(name) ?? null])) as unknown as StepNumbers;
    const report = { ...terms, updated: updated === 1 };
    if (!this.#told) this.tell(report, answersFinite === 1, largest);
    this.#told = true;
    return report;
  }

  /** Bool scalar: `updated` of the report, on the device. */
  get updated(): Tensor {
    return noGrad(() =>
      scope(() =>
        this.#packed
          .slice([[1, 2]])
          .reshape([])
          .gt(0),
      ),
    );
  }

  /** Takes the scalars out of every scope: they live until `dispose()`. */
  keep(): this {
    keep(this.#packed);
    return this;
  }

  /** Frees what has not been read. */
  dispose(): void {
    this.#packed.dispose();
  }
}
