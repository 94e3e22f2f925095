// gradcheck: what backward gives against differences of the function itself, both on the device.

import { checkTensors } from "../checkTensor.js";
import { tensor } from "../create.js";
import { ConfigError, DTypeError, GradError, NonFiniteError } from "../errors.js";
import { checkOptions } from "../options.js";
import { Rng } from "../rng.js";
import { scope } from "../scope.js";
import { formatShape, type Shape, stridesOf } from "../shape.js";
import { Tensor } from "../tensor.js";
import { grad, noGrad } from "./backward.js";

/** What `gradcheck` compares, and how closely. */
export interface GradcheckOptions {
  /** Step of an element x, in units of max(1, |x|); at least 2⁻²³. Default ∛2⁻²³ ≈ 0.005. */
  eps?: number;
  /** Absolute part of the tolerance; default 1e-4. */
  atol?: number;
  /** Relative part of the tolerance; default 0.01. */
  rtol?: number;
  /** Random directions instead of every element; default: where inputs and result have more than 512 elements. */
  fast?: boolean;
  /** Of the random directions; default 0. */
  seed?: number;
}

const EPSILON = 2 ** -23;
// A central difference of step h is off by about h²/6 · f‴ and by the rounding of f, ε |f| / h: least at h ≈ ∛ε.
const STEP = Math.cbrt(EPSILON);
// Units in the last place that results may carry from the kernels, on top of their being f32.
const ROUNDING = 8 * EPSILON;
const FULL_UP_TO = 512;
const ROUNDS = 3;
const HELP = "mend the derivative; where f has a kink or bends within the step, move the input or pass a smaller eps";

/** What `gradcheck` differentiates. */
export type Differentiable = (...inputs: Tensor[]) => Tensor;

/** A result of f weighted: pairs of an element's index and its weight. */
type Weights = readonly (readonly [k: number, weight: number])[];

/** f on both sides of the inputs, which lie `moved` apart. */
interface Probe {
  readonly plus: Float32Array;
  readonly minus: Float32Array;
  readonly moved: Float64Array;
}

/** The two sides of a comparison, per unit of the step. */
interface Verdict {
  /** Something is there: a difference that the rounding of f would not make, or a gradient that is not zero but for rounding. */
  readonly present: boolean;
  readonly expected: number;
  readonly got: number;
  readonly allowed: number;
  /** How far beyond the tolerance; NaN counts as far. */
  readonly excess: number;
}

/**
 * Checks the gradients of `f` with respect to those `inputs` that require one, as torch.autograd.gradcheck does: the
 * whole Jacobian by central differences, or with `fast` random directions through each input and a random weighting of
 * the result. `f` gets the inputs and gives an f32 tensor of any shape; it may as well read them where they are, such
 * as parameters of a module. They are moved while `f` runs and are as before when it returns.
 *
 * Differences are f32 too. They are held to atol + rtol |expected| + 8 · 2⁻²³ |f| / step: gradients below that
 * cannot be told from rounding. Choose inputs of about 1, away from kinks (relu at 0) by more than the step.
 * An input fails too where no comparison could have found a missing gradient, all lying within what is allowed, and
 * yet something is there: a difference of more than 2 · 2⁻²³ |f| / step, or a gradient above atol and 8 · 2⁻²³ |f|.
 * What is below those is taken for zero, as the gradient of a sum of probabilities is.
 *
 * Throws GradError that names input and element, what differences expect and what backward got; of a direction that leads to
 * no wrong element it says so. Also when differences cannot resolve the gradient, no input requires one
 * or `f` is random. Throws ConfigError on options that are unknown or out of range and when `f` gives no tensor,
 * DTypeError when it does not give f32, NonFiniteError at NaN or ±∞.
 */
export async function gradcheck(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): Promise<void> {
  checkSettings(options);
  const wanted = checkTensors("gradcheck", "inputs", inputs).filter((input) => input.requiresGrad);
  if (wanted.length === 0) {
    throw new GradError(
      `gradcheck: none of ${inputs.length} inputs requires a gradient`,
      "call setRequiresGrad(true) on those to check",
    );
  }
  const computed = wanted.find(({ node }) => node);
  if (computed) {
    throw new GradError(
      `gradcheck: input ${inputs.indexOf(computed)} is the result of an operation`,
      "detach() it first",
    );
  }
  // a handle of its own: f may return what is not ours to dispose
  const y = scope(() => {
    const result: unknown = f(...inputs);
    if (result instanceof Tensor) return result.reshape(result.shape);
    const what = result instanceof Promise ? "a promise" : Array.isArray(result) ? "an array" : `${result}`;
    throw new ConfigError(`gradcheck: f gives ${what}`, "let it return one tensor, at once: no async function");
  });
  try {
    if (y.dtype !== "f32") throw new DTypeError(`gradcheck: f gives ${y}`, "only f32 results have gradients");
    const check = new Check(f, inputs, y, options);
    await check.prepare();
    const elements = wanted.reduce((sum, { size }) => sum + size, y.size);
    await ((options.fast ?? elements > FULL_UP_TO) ? check.directions(wanted) : check.jacobian(wanted));
    check.checkResolved();
  } finally {
    y.dispose();
  }
}

class Check {
  readonly #values = new Map<Tensor, Float32Array<ArrayBuffer>>();
  readonly #eps: number;
  readonly #atol: number;
  readonly #rtol: number;
  readonly #rng: Rng;
  /** Of each input, the comparison in which most was to be seen, relative to what is allowed. */
  readonly #clearest = new Map<Tensor, Verdict>();

  constructor(
    readonly f: Differentiable,
    readonly inputs: readonly Tensor[],
    readonly y: Tensor,
    { eps = STEP, atol = 1e-4, rtol = 1e-2, seed = 0 }: GradcheckOptions,
  ) {
    this.#eps = eps;
    this.#atol = atol;
    this.#rtol = rtol;
    this.#rng = new Rng(seed);
  }

  /** Reads the inputs; throws where they or the result are not finite, and where f gives another result when repeated. */
  async prepare(): Promise<void> {
    for (const input of this.inputs) {
      if (input.dtype === "f32") this.#values.set(input, await values(input));
    }
    for (const [input, xs] of this.#values) checkFinite(this.#name(input), input.shape, xs);
    const first = await values(this.y);
    checkFinite("the result", this.y.shape, first);
    const second = await read(noGrad(() => scope(() => this.f(...this.inputs).detach())));
    if (first.some((v, i) => v !== second[i])) {
      throw new GradError(
        "gradcheck: f gives another result for the same inputs",
        "fix the seed of what is random in it",
      );
    }
  }

  /** Every element of the result by every element of the inputs. */
  async jacobian(wanted: readonly Tensor[]): Promise<void> {
    const outputs = Array.from({ length: this.y.size }, (_, k): Weights => [[k, 1]]);
    const rows: Float32Array[][] = [];
    for (const weights of outputs) rows.push(await this.#backward(wanted, weights));
    for (const [i, input] of wanted.entries()) {
      for (let j = 0; j < input.size; j++) {
        const probe = await this.#probe(input, (at) => (at === j ? 1 : 0));
        for (const [k, weights] of outputs.entries()) {
          const verdict = this.#judge(probe, weights, rows[k][i], Math.abs(probe.moved[j]));
          this.#note(input, verdict);
          if (verdict.excess > 0) {
            this.#fail(input, `${element(input, j)}, of element ${place(k, this.y.shape)} of the result`, verdict);
          }
        }
      }
    }
  }

  /** Weighted sums of the result along random directions, each through one input. */
  async directions(wanted: readonly Tensor[]): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const weights = Array.from({ length: this.y.size }, (_, k) => [k, Math.fround(this.#rng.normal())] as const);
      const gradients = await this.#backward(wanted, weights);
      for (const [i, input] of wanted.entries()) {
        const signs = Int8Array.from({ length: input.size }, () => 2 * this.#rng.int(2) - 1);
        const along = async (from: number, to: number) => {
          const probe = await this.#probe(input, (at) => (at >= from && at < to ? signs[at] : 0));
          return this.#judge(
            probe,
            weights,
            gradients[i],
            to - from === 1 ? Math.abs(probe.moved[from]) : 2 * this.#eps,
          );
        };
        const whole = await along(0, input.size);
        this.#note(input, whole);
        if (whole.excess > 0) await this.#locate(input, along, whole);
      }
    }
  }

  /** Throws where something is there, but no comparison of an input could have told it from nothing. */
  checkResolved(): void {
    for (const [input, { expected, got, allowed, present }] of this.#clearest) {
      if (!present || clarity({ expected, got, allowed }) > 1) continue;
      throw new GradError(
        `gradcheck: differences cannot resolve the gradient of ${this.#name(input)} (${input}): at best ${expected.toPrecision(3)} by differences, ${got.toPrecision(3)} by backward, where ${allowed.toPrecision(2)} is allowed`,
        "subtract from f what does not depend on the input, scale f or the inputs to about 1, or set a smaller atol",
      );
    }
  }

  #note(input: Tensor, verdict: Verdict): void {
    const before = this.#clearest.get(input);
    const clearest = before && clarity(before) >= clarity(verdict) ? before : verdict;
    this.#clearest.set(input, { ...clearest, present: verdict.present || (before?.present ?? false) });
  }

  /**
   * Halves the direction, following the worse half, down to an element; throws. Elements that are right by themselves are
   * not blamed: f bends more along a direction than along each of them.
   */
  async #locate(input: Tensor, along: (from: number, to: number) => Promise<Verdict>, whole: Verdict): Promise<never> {
    let [from, to, worst] = [0, input.size, whole];
    while (to - from > 1) {
      const middle = (from + to) >> 1;
      const [low, high] = [await along(from, middle), await along(middle, to)];
      if (low.excess >= high.excess) [to, worst] = [middle, low];
      else [from, worst] = [middle, high];
    }
    const weighted = "of a random weighting of the result";
    if (worst.excess > 0) return this.#fail(input, `${element(input, from)}, ${weighted}`, worst);
    const direction = `gradient along a random direction, ${weighted}, though the ${element(input, from)} is right`;
    return this.#fail(
      input,
      direction,
      whole,
      "see whether { fast: false } passes: then f bends along the direction; pass a smaller eps",
    );
  }

  /** Gradients of Σ w·y with respect to each of `wanted`. */
  async #backward(wanted: readonly Tensor[], weights: Weights): Promise<Float32Array[]> {
    const gradients = scope(() => {
      const values = new Float32Array(this.y.size);
      for (const [k, weight] of weights) values[k] = weight;
      const gradient = tensor(values, this.y.shape, { device: this.y.device });
      return grad(this.y, wanted, { gradient, retainGraph: true });
    });
    return Promise.all(gradients.map(read));
  }

  /** f where each element of `input` has moved by ±sign times its step; both sides are encoded before anything is read. */
  async #probe(input: Tensor, signOf: (at: number) => number): Promise<Probe> {
    const values = this.#values.get(input) as Float32Array<ArrayBuffer>;
    const side = (sign: number) => values.map((x, at) => x + sign * signOf(at) * this.#eps * Math.max(1, Math.abs(x)));
    const [above, below] = [side(1), side(-1)];
    const [plus, minus] = await Promise.all([read(this.#at(input, above)), read(this.#at(input, below))]);
    return { plus, minus, moved: Float64Array.from(above, (x, at) => x - below[at]) };
  }

  /** The result with `values` in the place of those of `input`. */
  #at(input: Tensor, values: Float32Array<ArrayBuffer>): Tensor {
    return scope(() => {
      const before = input.detach();
      input.assign(tensor(values, input.shape, { device: input.device }));
      try {
        return noGrad(() => this.f(...this.inputs).detach());
      } finally {
        input.assign(before);
      }
    });
  }

  #judge({ plus, minus, moved }: Probe, weights: Weights, gradient: Float32Array, step: number): Verdict {
    let [difference, square] = [0, 0];
    for (const [k, weight] of weights) {
      difference += weight * (plus[k] - minus[k]);
      square += (weight * Math.max(Math.abs(plus[k]), Math.abs(minus[k]))) ** 2;
    }
    const slope = gradient.reduce((sum, g, at) => (moved[at] === 0 ? sum : sum + g * moved[at]), 0);
    const [expected, got] = [difference / step, slope / step];
    const rounding = (2 * ROUNDING * Math.sqrt(square)) / step;
    const allowed = this.#atol + this.#rtol * Math.abs(expected) + rounding;
    // 4 ε |f| between the two sides; 8 ε |f| of a gradient per unit of the input, as where terms as large as f cancel
    const present =
      Math.abs(expected) > rounding / 4 || Math.abs(got) > Math.max(this.#atol, ROUNDING * Math.sqrt(square));
    const excess = Math.abs(got - expected) - allowed;
    return { present, expected, got, allowed, excess: Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess };
  }

  #name(input: Tensor): string {
    return `input ${this.inputs.indexOf(input)}`;
  }

  #fail(input: Tensor, what: string, { expected, got, allowed }: Verdict, help = HELP): never {
    const figures = `expected ${expected.toPrecision(6)} by differences, got ${got.toPrecision(6)} by backward`;
    throw new GradError(
      `gradcheck: ${this.#name(input)} (${input}), ${what}: ${figures} (${allowed.toPrecision(2)} allowed)`,
      help,
    );
  }
}

/** How far the larger side of a comparison reaches beyond what is allowed: a missing gradient is found above 1. */
function clarity({ expected, got, allowed }: Pick<Verdict, "expected" | "got" | "allowed">): number {
  return Math.max(Math.abs(expected), Math.abs(got)) / allowed;
}

const OPTIONS: readonly (keyof GradcheckOptions)[] = ["eps", "atol", "rtol", "fast", "seed"];

function checkSettings(options: GradcheckOptions): void {
  checkOptions("gradcheck", options, OPTIONS);
  const { eps = STEP, atol = 0, rtol = 0 } = options;
  if (!(eps >= EPSILON && Number.isFinite(eps))) {
    throw new ConfigError(
      `gradcheck: eps is ${eps}`,
      `it must be finite and at least 2⁻²³, or no f32 moves; default ${STEP}`,
    );
  }
  for (const [name, value] of Object.entries({ atol, rtol })) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new ConfigError(`gradcheck: ${name} is ${value}`, "it must be finite and at least 0");
    }
  }
}

function checkFinite(what: string, shape: Shape, values: Float32Array): void {
  const at = values.findIndex((v) => !Number.isFinite(v));
  if (at >= 0) {
    throw new NonFiniteError(
      `gradcheck: ${what} is ${values[at]} at ${place(at, shape)}`,
      "differences need finite values",
    );
  }
}

async function values(t: Tensor): Promise<Float32Array<ArrayBuffer>> {
  return (await t.data()) as Float32Array<ArrayBuffer>;
}

/** Reads a tensor of ours, and disposes it. */
async function read(t: Tensor): Promise<Float32Array> {
  try {
    return await values(t);
  } finally {
    t.dispose();
  }
}

/** Names the gradient of element `at`. */
function element(input: Tensor, at: number): string {
  return `gradient of element ${place(at, input.shape)}`;
}

/** `[1, 2]`: where element `at` is. */
function place(at: number, shape: Shape): string {
  return formatShape(stridesOf(shape).map((stride, d) => Math.floor(at / stride) % shape[d]));
}
