// Comparing tensors with stored ones, in units of the tolerance.
import { CheckpointError, ZeroSiamError } from "../tensor/index.js";

/** |got − want| ≤ atol + rtol · |want|, elementwise. */
export interface FixtureTolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** One compared case. */
export interface ParityResult {
  readonly name: string;
  readonly passed: boolean;
  /** The largest error, in units of the tolerance: at most 1 when it passed. */
  readonly worst: number;
  /** Where the worst error is, or why there is no value to compare. */
  readonly detail: string;
}

/**
 * The largest error of `got`, in units of the tolerance, and where. NaN equals NaN alone, and each infinity itself alone:
 * all else is infinitely far from them, as are different lengths.
 */
function worstError(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { rtol, atol }: FixtureTolerance,
): { worst: number; at: number } {
  if (got.length !== want.length) return { worst: Number.POSITIVE_INFINITY, at: Math.min(got.length, want.length) };
  let worst = 0;
  let at = 0;
  for (let i = 0; i < want.length; i++) {
    const equal = got[i] === want[i] || (Number.isNaN(got[i]) && Number.isNaN(want[i]));
    const error = equal ? 0 : Math.abs(got[i] - want[i]) / (atol + rtol * Math.abs(want[i]));
    if (error > worst || Number.isNaN(error)) {
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
      at = i;
    }
  }
  return { worst, at };
}

/** Collects the comparisons of one case. */
export class Comparison {
  #worst = 0;
  #detail = "";

  /** Compares one tensor; `what` names it in the detail. */
  add(what: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: FixtureTolerance): void {
    const { worst, at } = worstError(got, want, tolerance);
    if (worst < this.#worst || (this.#detail !== "" && worst === this.#worst)) return;
    this.#worst = worst;
    this.#detail = `${what}[${at}]: got ${got[at]}, want ${want[at]}`;
  }

  /** Counts as infinitely far what cannot be compared, as `why` says. */
  fail(why: string): void {
    this.#worst = Number.POSITIVE_INFINITY;
    this.#detail = why;
  }

  result(name: string): ParityResult {
    return { name, passed: this.#worst <= 1, worst: this.#worst, detail: this.#detail };
  }
}

/** A tensor of a fixture by name. Throws CheckpointError where there is none. */
export function tensorOf<T>(tensors: ReadonlyMap<string, T>, name: string): T {
  const tensor = tensors.get(name);
  if (tensor !== undefined) return tensor;
  throw new CheckpointError(`the fixture has no tensor ${name}`, "its json and safetensors do not fit");
}

/** The result of a case that `body` compares. A typed error counts as failed: what is not there, or does not fit. */
export async function compared(name: string, body: (comparison: Comparison) => Promise<void>): Promise<ParityResult> {
  const comparison = new Comparison();
  try {
    await body(comparison);
  } catch (error) {
    if (!(error instanceof ZeroSiamError)) throw error;
    return { name, passed: false, worst: Number.POSITIVE_INFINITY, detail: error.message };
  }
  return comparison.result(name);
}
