// Whether a loop leaves tensors behind at every step: counted once a step, told once.
import type { DeviceWarning } from "./warn.js";

/** Steps in a row that must each find more tensors than the one before: a program that collects and frees breaks off. */
const STEPS = 1000;
/** Bytes that may pile up meanwhile: a record of small results, which someone wants, is no leak before. */
const RECORD = 2 ** 26;

/** What is alive at a step: as `memory()` counts it. */
export interface Alive {
  readonly tensors: number;
  readonly nodes: number;
  readonly liveBytes: number;
}

export class Growth {
  /** Where the growth began. */
  #start: Alive | null = null;
  #last = 0;
  #steps = 0;
  #told = false;

  /**
   * The warning that is due at a step, once: where each of a thousand left more tensors, and with them nodes of graphs,
   * which nobody wants to keep, or much memory.
   */
  hear(now: Alive): DeviceWarning | null {
    if (this.#told) return null;
    const grows = this.#start !== null && now.tensors > this.#last;
    this.#last = now.tensors;
    if (!this.#start || !grows) {
      this.#start = now;
      this.#steps = 0;
      return null;
    }
    const steps = ++this.#steps;
    const bytes = now.liveBytes - this.#start.liveBytes;
    if (steps < STEPS || (now.nodes - this.#start.nodes < steps && bytes < RECORD)) return null;
    this.#told = true;
    const each = (total: number) => Math.round(total / steps);
    const tensors = each(now.tensors - this.#start.tensors);
    return {
      about: "tensors",
      message: `each of the last ${steps} backward passes left more tensors alive, ${tensors} a step, of ${each(bytes)} bytes: ${now.tensors} now`,
      help: "put scope() around each step, detach() what it returns and dispose() what is done with; openDevice({ onWarning: () => {} }) says that they are meant to stay",
    };
  }
}
