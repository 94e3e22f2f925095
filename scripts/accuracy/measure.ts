// How far an op's results are from its float64 reference, on the open device.

import type { Device } from "../../src/tensor/index.js";
import { scope } from "../../src/tensor/index.js";
import type { AnyOp, HostTensor, Inputs, TensorInfo, Tolerance } from "../../src/tensor/op.js";
import { apply } from "../../src/tensor/run.js";
import { formatShape, sizeOf, stridesOf } from "../../src/tensor/shape.js";
import { error32, ulp32 } from "../../src/tensor/ulp.js";
import { upload } from "../../test/ops/lib/samples.js";
import { type Trial, trials } from "./trials.js";

/** The worst errors of an op. */
export interface OpAccuracy {
  /** Its name, with the first arguments of their kind where others have another promise. */
  readonly op: string;
  /** Elements tried: of the largest input or output of each call. */
  readonly elements: number;
  /** The least and the most that the op promises over the calls made. */
  readonly promise: { readonly ulp: Span; readonly abs: Span };
  /** Whether ULP are those of each result, or of the largest result of the call. */
  readonly unit: "result" | "largest";
  /** Worst error in that unit; null stands for infinite: a NaN too many or too few, or an integer that differs. */
  readonly ulp: number | null;
  /** Where: inputs, or shape and index. */
  readonly at: string;
  /** Worst error over what is promised there; above 1 the promise is broken. */
  readonly share: number | null;
  /** Where the promise is used or broken most: inputs or index, got and want. */
  readonly shareAt: string;
}

type Span = readonly [least: number, most: number];

const MIN_NORMAL = 2 ** -126;
/** An absolute part of a promise below this is for products of what a driver flushed: no error. */
const FLUSHED = 2 ** -100;

/**
 * Tries `op` on `count` elements and the edges. An op of single elements that promises differently by its arguments gets
 * a result for each promise.
 */
export async function measure(op: AnyOp, count: number, device: Device): Promise<OpAccuracy[]> {
  const found = new Map<string, Worst>();
  for (const trial of trials(op, count)) {
    const params = op.params?.(trial.inputs, ...trial.args);
    const infos = op.infer(trial.inputs, params);
    const got = await run(op, trial, device);
    const want = op.reference(trial.inputs, params);
    const flushed = flush(trial.inputs);
    const instead = flushed && op.reference(flushed, params);
    const tolerance = op.tolerance(trial.inputs, params);
    const key = op.domain ? JSON.stringify(tolerance) : "";
    const worst = found.get(key) ?? new Worst(op, trial.args);
    found.set(key, worst);
    worst.count(Math.max(...[...trial.inputs, ...infos].map((info) => (info ? sizeOf(info.shape) : 0))));
    for (const [k, info] of infos.entries()) worst.add(trial, info, got[k], want[k], instead?.[k], tolerance);
  }
  return [...found.values()].map((worst) => worst.result(found.size > 1));
}

async function run(op: AnyOp, { inputs, args }: Trial, device: Device): Promise<ArrayLike<number>[]> {
  const outputs = scope(() =>
    apply(
      op,
      inputs.map((input) => input && upload(input, device)),
      args,
    ),
  );
  const data = await Promise.all(outputs.map((output) => output.data()));
  for (const output of outputs) output.dispose();
  return data;
}

/** The inputs with 0 for what a driver may take for 0; null where there is nothing of the kind. */
function flush(inputs: Inputs<HostTensor>): Inputs<HostTensor> | null {
  const tiny = (x: number) => x !== 0 && Math.abs(x) < MIN_NORMAL;
  if (!inputs.some((input) => input?.dtype === "f32" && input.data.some(tiny))) return null;
  return inputs.map((input) => input && { ...input, data: input.data.map((x) => (tiny(x) ? 0 * x : x)) });
}

/** Keeps the worst of what it is shown. */
class Worst {
  #elements = 0;
  #ulp = -1;
  #share = -1;
  #at = "";
  #shareAt = "";
  #normwise = false;
  #promises: Tolerance[] = [];

  constructor(
    readonly op: AnyOp,
    readonly args: readonly unknown[],
  ) {}

  count(elements: number): void {
    this.#elements += elements;
  }

  /** `instead`: what is also right, since a driver may flush the inputs. */
  add(
    trial: Trial,
    info: TensorInfo,
    got: ArrayLike<number>,
    want: Float64Array,
    instead: Float64Array | undefined,
    tolerance: Tolerance,
  ): void {
    this.#promises.push(tolerance);
    const isFloat = info.dtype === "f32";
    const exact = !isFloat || (tolerance.ulp === 0 && tolerance.abs === 0);
    const normwise = isFloat && tolerance.abs > FLUSHED;
    this.#normwise ||= normwise;
    const unit = normwise
      ? ulp32(want.reduce((most, w) => (Number.isFinite(w) ? Math.max(most, Math.abs(w)) : most), 0))
      : 0;
    const errorOf = (x: number, w: number) => {
      const target = exact && isFloat ? Math.fround(w) : w;
      return isFloat ? error32(x, target) : x === target ? 0 : Number.POSITIVE_INFINITY;
    };
    for (let i = 0; i < want.length; i++) {
      let right = want[i];
      let error = errorOf(got[i], right);
      if (error > 0 && instead && errorOf(got[i], instead[i]) < error) {
        right = instead[i];
        error = errorOf(got[i], right);
      }
      if (!normwise && error <= tolerance.abs) error = 0;
      if (error === 0 && this.#share >= 0) continue;
      const last = ulp32(right);
      const allowed = tolerance.abs + tolerance.ulp * last;
      const ulp = error / (unit || last);
      const share = error === 0 ? 0 : error / allowed;
      if (ulp > this.#ulp) {
        this.#ulp = ulp;
        this.#at = this.#where(trial, info, i);
      }
      if (share > this.#share) {
        this.#share = share;
        this.#shareAt = `${this.#where(trial, info, i)}: got ${got[i]}, want ${right}`;
      }
    }
  }

  result(named: boolean): OpAccuracy {
    const span = (values: number[]): Span => [Math.min(...values), Math.max(...values)];
    const finite = (x: number) => (Number.isFinite(x) ? Number(x.toPrecision(3)) : null);
    return {
      op: named ? `${this.op.name}${describe(this.args) || " ()"}` : this.op.name,
      elements: this.#elements,
      promise: { ulp: span(this.#promises.map((p) => p.ulp)), abs: span(this.#promises.map((p) => p.abs)) },
      unit: this.#normwise ? "largest" : "result",
      ulp: finite(Math.max(0, this.#ulp)),
      at: this.#ulp > 0 ? this.#at : "",
      share: finite(Math.max(0, this.#share)),
      shareAt: this.#share > 0 ? this.#shareAt : "",
    };
  }

  #where({ inputs, args }: Trial, { shape }: TensorInfo, i: number): string {
    const rest = describe(args);
    if (this.op.domain) {
      const operands = inputs.map((input, k) => {
        const { data } = input as HostTensor;
        return `${this.op.inputs[k]} = ${short(data[data.length === 1 ? 0 : i % data.length])}`; // of samples, trailing sizes
      });
      return `${operands.join(", ")}${rest}`;
    }
    const index = stridesOf(shape).map((stride, d) => Math.floor(i / stride) % shape[d]);
    const shapes = inputs.map((input) => (input ? formatShape(input.shape) : "none"));
    return `${shapes.join(" ")}${rest} at ${formatShape(index)}`;
  }
}

/** ` (1, {"eps":0.1})`. */
const describe = (args: readonly unknown[]): string =>
  args.length > 0 ? ` (${args.map((arg) => JSON.stringify(arg)).join(", ")})` : "";

/** Enough digits to tell an f32. */
const short = (x: number): string => (Object.is(x, -0) ? "−0" : String(Number(x.toPrecision(9))));
