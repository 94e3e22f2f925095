// What to do when the collapse alarm fires: warn, or roll back and lower the rates.
import { checkRates } from "../nn/index.js";
import { checkSizes } from "../nn/layers/groups.js";
import { formatValue } from "../tensor/arguments.js";
import { ConfigError, type Tensor, type TypedArray } from "../tensor/index.js";
import { type AlarmOptions, type AlarmState, CollapseAlarm, type CollapseWarning } from "./alarm.js";
import { Method } from "./methods/index.js";

/** When the guard rings, and what it does then. */
export interface GuardOptions extends AlarmOptions {
  /** "warn" only tells; "rollback" also takes back all steps that the method remembers and lowers its rates. Default "warn". */
  response?: "warn" | "rollback";
  /** What the rates are multiplied by at a rollback; default 0.5. */
  rateFactor?: number;
}

/**
 * An alarm that acts on a method. Collapse is some way on when the window shows it: to go back behind it, make the method
 * with the `history` that `historyFor` names.
 */
export class CollapseGuard {
  /** Windows that a rollback takes back. Two, tried first, led back to after the onset (docs/findings.md). */
  static readonly REACH = 8;

  /** The steps of `batchSize` images that reach so far back. Throws ConfigError unless both are integers ≥ 1. */
  static historyFor(batchSize: number, window: number = CollapseAlarm.WINDOW): number {
    checkSizes("CollapseGuard.historyFor", { batchSize, window });
    return Math.ceil((CollapseGuard.REACH * window) / batchSize);
  }

  readonly alarm: CollapseAlarm;
  readonly response: "warn" | "rollback";
  readonly #rateFactor: number;

  /** Throws ConfigError for bad options, and when it is to roll back a method without a history. */
  constructor(
    readonly method: Method,
    { response = "warn", rateFactor = 0.5, ...options }: GuardOptions = {},
  ) {
    if (!(method instanceof Method)) {
      throw new ConfigError(`CollapseGuard: method is ${formatValue(method)}`, "pass a method, made of the model");
    }
    checkRates("CollapseGuard", { rateFactor });
    if (response !== "warn" && response !== "rollback") {
      throw new ConfigError(`CollapseGuard: unknown response ${formatValue(response)}`, "choose warn or rollback");
    }
    if (response === "rollback" && method.history === 0) {
      throw new ConfigError(
        `CollapseGuard: ${method.name} remembers no step to roll back to`,
        "make the method with { history: n }: CollapseGuard.historyFor(batchSize) names n",
      );
    }
    this.alarm = new CollapseAlarm(method.model.numClasses, options);
    this.response = response;
    this.#rateFactor = rateFactor;
  }

  /**
   * Takes the answers to the batch of the method's last step; when the alarm fires, responds and returns the warning.
   * Throws ConfigError when it is to roll back a method that has made no step since it began, or was loaded, and
   * OutOfMemoryError; then neither the method has changed nor what the alarm has heard.
   */
  observe(logits: Float32Array | TypedArray): CollapseWarning | null {
    if (this.response === "warn") return this.alarm.observe(logits);
    const before = this.alarm.state(); // a copy of the window
    const warning = this.alarm.observe(logits);
    if (!warning) return null;
    try {
      const steps = this.method.remembered;
      if (steps > 0) this.method.scaleRates(this.#rateFactor); // it may fail; of some steps rollback does not
      this.method.rollback(steps);
    } catch (error) {
      this.alarm.loadState(before);
      throw error;
    }
    return warning;
  }

  /** Takes over the saved states of method and alarm, both or neither. Throws CheckpointError. */
  loadState(saved: ReadonlyMap<string, Tensor>, heard: AlarmState): void {
    const before = this.alarm.state();
    this.alarm.loadState(heard);
    try {
      this.method.loadState(saved);
    } catch (error) {
      this.alarm.loadState(before);
      throw error;
    }
  }
}
