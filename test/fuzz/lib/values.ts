// Each result of a run against the op's reference of the inputs that the op had on the device: errors do not add up, and the
// op's own tolerance applies.

import { Rng, sizeOf } from "../../../src/tensor/index.js";
import type { HostTensor, Inputs, TensorInfo } from "../../../src/tensor/op.js";
import { isStatisticOfInfinities, mismatch } from "../../ops/lib/compare.js";
import type { Run } from "./device.js";
import type { Program, Step } from "./program.js";

const EPSILON = 2 ** -23;
const MIN_NORMAL = 2 ** -126;
const TRIALS = 4;
const FACTOR = 8;

/** A value that is wrong, by number, and how. */
export interface Wrong {
  readonly value: number;
  readonly report: string;
}

/** The first value that is wrong. */
export function wrongValue({ values, steps }: Program, run: Run): Wrong | null {
  for (const { op, inputs, params, outputs } of steps) {
    const hosts = inputs.map((n) => (n === null ? null : { ...values[n], data: run.values[n] }));
    const want = op.reference(hosts, params);
    const tolerance = op.tolerance(hosts, params);
    for (const [k, n] of outputs.entries()) {
      const got = run.values[n];
      const wanted = want[k].map((w, i) => (isStatisticOfInfinities(k, got[i], w) ? Number.NaN : w));
      const differences = mismatch(got, wanted, values[n], tolerance);
      if (!differences) continue;
      if (tolerance.ulp + tolerance.abs > 0 && isConditioned(got, wanted, { op, params }, hosts, k)) continue;
      return { value: n, report: `${values[n].name} (${op.name}): ${differences}` };
    }
  }
  return null;
}

/**
 * Declared tolerances are for inputs of order 1. Of other ones a result is right if inputs a few ULP away have it: each
 * element moves by up to FACTOR ULP at random, and what the reference makes of a few such inputs tells how far a result may
 * be. A sum over n elements moves by √n of what errors of one sign would do, so that is put back. Subnormal inputs may be
 * read as 0.
 */
function isConditioned(
  got: Float64Array,
  want: Float64Array,
  { op, params }: Pick<Step, "op" | "params">,
  hosts: Inputs<HostTensor>,
  k: number,
): boolean {
  const rng = new Rng(1);
  const flushed = op.reference(
    hosts.map((host) => host && flush(host)),
    params,
  )[k];
  const moved = Array.from(
    { length: TRIALS },
    () =>
      op.reference(
        hosts.map((host) => host && move(host, rng)),
        params,
      )[k],
  );
  const terms = Math.max(1, totalSize(hosts) / Math.max(1, got.length));
  return got.every((v, i) => {
    if (Object.is(v, Math.fround(want[i])) || Object.is(v, Math.fround(flushed[i]))) return true;
    const spread = Math.max(...moved.map((other) => Math.abs(other[i] - want[i])), EPSILON * Math.abs(want[i]));
    return Math.abs(v - want[i]) <= FACTOR * Math.sqrt(terms) * spread + MIN_NORMAL;
  });
}

const totalSize = (infos: Inputs<TensorInfo>): number => infos.reduce((sum, t) => sum + (t ? sizeOf(t.shape) : 0), 0);

const onFloats = (host: HostTensor, f: (v: number) => number): HostTensor =>
  host.dtype === "f32" ? { ...host, data: host.data.map(f) } : host;

const flush = (host: HostTensor): HostTensor => onFloats(host, (v) => (Math.abs(v) < MIN_NORMAL ? 0 : v));

const move = (host: HostTensor, rng: Rng): HostTensor =>
  onFloats(host, (v) => v * (1 + EPSILON * (2 * rng.uniform() - 1)));
