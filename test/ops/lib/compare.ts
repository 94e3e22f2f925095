// Comparison of a device result with its float64 reference, and the report of what differs.
import type { HostTensor, TensorInfo, Tolerance } from "../../../src/tensor/op.js";
import { formatShape, stridesOf } from "../../../src/tensor/shape.js";
import { ulp32 } from "../../../src/tensor/ulp.js";

const MIN_NORMAL = 2 ** -126;
const SHOWN = 5;

/** A report of the elements of `got` outside `tolerance` of `want`; empty when there are none. */
export function mismatch(
  got: ArrayLike<number>,
  want: Float64Array,
  { shape, dtype }: TensorInfo,
  tolerance: Tolerance,
): string {
  if (got.length !== want.length) return `${got.length} elements instead of ${want.length}`;
  const limits = dtype === "f32" ? tolerance : { ulp: 0, abs: 0 };
  const bad: number[] = [];
  for (let i = 0; i < want.length; i++) if (!within(got[i], want[i], dtype === "f32", limits)) bad.push(i);
  if (bad.length === 0) return "";
  const lines = bad.slice(0, SHOWN).map((i) => {
    const error = dtype === "f32" ? ` (${(Math.abs(got[i] - want[i]) / ulp32(want[i])).toPrecision(3)} ULP off)` : "";
    return `  at ${formatShape(coordinates(i, shape))}: got ${shown(got[i])}, want ${shown(want[i])}${error}`;
  });
  const count = `${bad.length} of ${want.length} elements of ${dtype}${formatShape(shape)} differ`;
  return `${count}; tolerance ${limits.ulp} ULP + ${limits.abs}, from the op's declaration\n${lines.join("\n")}`;
}

/**
 * |got − want| ≤ abs + ulp units in the last place of want; NaN meets NaN alone, and what overflows f32 meets infinity.
 * Where nothing may be off not even the sign of zero may, but WGSL lets subnormals, as results and on the way, become zero.
 */
export function within(got: number, want: number, float: boolean, { ulp, abs }: Tolerance): boolean {
  const rounded = float ? Math.fround(want) : want + 0; // integers have no −0
  if (Object.is(got, rounded)) return true;
  if (got === 0 && want !== 0 && Math.abs(want) < MIN_NORMAL) return float;
  if (ulp === 0 && abs === 0) return false;
  if (!Number.isFinite(rounded) || !Number.isFinite(got)) return got === rounded;
  return Math.abs(got - want) <= Math.max(abs + ulp * ulp32(want), MIN_NORMAL);
}

/** `host` with zeros for its subnormals, as WGSL lets drivers read it. */
export function flushed<T extends HostTensor | null>(host: T): T {
  if (host?.dtype !== "f32") return host;
  return { ...host, data: host.data.map((x) => (Math.abs(x) < MIN_NORMAL ? 0 * x : x)) };
}

/** The position of element `i` of a tensor of `shape`. */
export function coordinates(i: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, d) => Math.floor(i / stride) % shape[d]);
}

const shown = (v: number): string => (Object.is(v, -0) ? "-0" : String(v));

/** Whether output `k` is a statistic that may be NaN where its exact value is infinite, as PyTorch's means of infinities are. */
export const isStatisticOfInfinities = (k: number, got: number, want: number): boolean =>
  k > 0 && Number.isNaN(got) && !Number.isFinite(want);
