// Checks at the edges of f32: NaN, infinities, zeros, subnormals and extremes in every input, against the float64 reference.
import { inputName } from "../../../src/tensor/autograd/backward.js";
import { type Device, scope } from "../../../src/tensor/index.js";
import type { AnyOp, HostTensor, Inputs, Sample, SampleInput, Tolerance } from "../../../src/tensor/op.js";
import { Rng } from "../../../src/tensor/rng.js";
import { apply } from "../../../src/tensor/run.js";
import type { Check } from "./check.js";
import { flushed, isStatisticOfInfinities, within } from "./compare.js";
import { describeSample, distinct, dtypeOf, hasRange, hostInputs, upload } from "./samples.js";

const bothSigns = (values: readonly number[]) => values.flatMap((x) => [Math.fround(x), -Math.fround(x)]);

const LARGEST = (2 - 2 ** -23) * 2 ** 127;
/** Where eˣ overflows, ends in f32 and underflows; and where logits are past all sense. */
const THRESHOLDS = [88.7, 89, 104, 1e4];
const EDGES = [
  Number.NaN,
  ...bothSigns([0, 2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, 0.5, 1, 2, ...THRESHOLDS, LARGEST, 1 / 0]),
];
/** Among other elements: squares, and sums of them, of anything larger overflow f32 on the way, in PyTorch as here. */
const AMONG_OTHERS = [Number.NaN, 1 / 0, -1 / 0, 0, -0, 2 ** -149, -(2 ** -126), 1e18, -1e18, 88.7, -80, 1e4].map(
  Math.fround,
);
/** Elements of a sample in which an edge is placed. */
const MOST = 600;
const SHOWN = 5;

/** Inputs with edges, and what may be off there. */
interface EdgeCase {
  readonly about: string;
  readonly hosts: Inputs<HostTensor>;
  /** Whether `got` will do at element `i`, for a reference of `want`. */
  fits(got: number, want: number, float: boolean, i: number): boolean;
  /** The same inputs with 1 and with 2 for the edge. */
  readonly plain: readonly Inputs<HostTensor>[];
}

/** Checks of `op` on all tuples of edges, where it broadcasts; of another op with one edge among other elements. */
export function edgeChecks(op: AnyOp): Check[] {
  const grids = distinct(op.samples).flatMap((sample) => gridOf(op, sample) ?? []);
  if (grids.length > 0) {
    return grids.map((sample) => ({
      title: `all edges as ${describeSample(sample)}`,
      run: (device) => failuresOf(op, sample, [gridCase(op, sample)], device),
    }));
  }
  return op.samples.flatMap((sample, i): Check[] => {
    const hosts = hostInputs(op, sample, i);
    const size = hosts.reduce((n, host) => n + (host?.data.length ?? 0), 0);
    if (size > MOST || !hosts.some((host) => host?.dtype === "f32" && host.data.length > 0)) return [];
    return [
      {
        title: `one edge in ${describeSample(sample)}`,
        run: (device) => failuresOf(op, sample, casesAmongOthers(op, sample, i), device),
      },
    ];
  });
}

/** `sample` with all edges along a dimension of its own for each input, or both conditions; null unless `op` takes each tuple alone. */
function gridOf(op: AnyOp, { inputs, args = [] }: Sample): Sample | null {
  const dtypes = inputs.map(dtypeOf);
  if (!dtypes.includes("f32") || dtypes.some((dtype) => dtype === "i32" || dtype === "u32")) return null;
  const grid = inputs.map((input, i): SampleInput => {
    const values = dtypes[i] === "f32" ? EDGES : [0, 1];
    const after = inputs.slice(i + 1).filter((other) => other !== null);
    return input && { shape: [values.length, ...after.map(() => 1)], dtype: dtypes[i] ?? "f32", values };
  });
  const sample = { inputs: grid, args };
  try {
    const hosts = hostInputs(op, sample, 0);
    const params = op.params?.(hosts, ...args);
    op.infer(hosts, params);
    const [result] = op.reference(hosts, params);
    const alone = result.length === elements(hosts) && !result.every(Number.isNaN); // else one NaN reaches all
    return alone ? sample : null;
  } catch {
    return null; // it does not broadcast
  }
}

/** Elements of what `hosts` broadcast to when each has a dimension of its own. */
const elements = (hosts: Inputs<HostTensor>) => hosts.reduce((n, host) => n * (host?.data.length ?? 1), 1);

function gridCase(op: AnyOp, sample: Sample): EdgeCase {
  const hosts = hostInputs(op, sample, 0);
  const params = op.params?.(hosts, ...(sample.args ?? []));
  const tolerance = op.tolerance(hosts, params);
  const steps = hosts.map((_, k) => elements(hosts.slice(k + 1)));
  const [factors] = op.reference(hosts.map(withOnes).map(flushed), params);
  return {
    about: "",
    hosts,
    plain: [],
    fits(got, want, float, i) {
      if (within(got, want, float, tolerance)) return true;
      const operands = hosts.map((host, k) => host?.data[Math.floor(i / steps[k]) % host.data.length] ?? 0);
      const zeros = operands.filter((x) => Math.abs(x) < 2 ** -126);
      if (got === want && zeros.some((x) => Math.sign(1 / x) !== Math.sign(1 / zeros[0]))) return true; // WGSL does not order −0 and 0
      // WGSL lets a driver take for 0 what is subnormal on the way, as eˣ at −88.7, before another operand multiplies it; so
      // does PyTorch. The largest times that is 0, and the infinite times that NaN.
      const large = operands.find(isLarge);
      const lost = 2 ** -126 * Math.max(1, ...operands.filter((x) => !isLarge(x)).map(Math.abs));
      const factor = Math.abs(factors[i]);
      return large !== undefined && factor > 0 && factor < lost && Object.is(Math.abs(got), Math.abs(0 * large));
    },
  };
}

const isLarge = (x: number) => Math.abs(x) >= LARGEST;

/** `host` with ±1 for ±MAX and ±∞: what an op multiplies these by. */
function withOnes(host: HostTensor | null): HostTensor | null {
  return host && { ...host, data: host.data.map((x) => (isLarge(x) ? Math.sign(x) : x)) };
}

/** Where a large edge meets others, docs/accuracy.md tells how far an op may be off: 2⁻¹³ will do, unless it is exact. */
const coarse = (tolerance: Tolerance): Tolerance =>
  tolerance.ulp === 0 && tolerance.abs === 0 ? tolerance : { ...tolerance, ulp: Math.max(tolerance.ulp, 1024) };

/** The inputs of sample `index` with one edge in one of them, at a place that varies. */
function casesAmongOthers(op: AnyOp, sample: Sample, index: number): EdgeCase[] {
  const hosts = hostInputs(op, sample, index);
  const tolerance = op.tolerance(hosts, op.params?.(hosts, ...(sample.args ?? [])));
  const rng = new Rng(2).fork(`${op.name} ${index}`);
  return hosts.flatMap((host, k) => {
    if (host?.dtype !== "f32" || host.data.length === 0) return [];
    const meetsZeros = op.meetsZeros?.includes(inputName(op.inputs, k)) ?? false;
    // an input that its sample keeps in a range, as a variance, need take no other values
    const edges = hasRange(sample.inputs[k]) ? [Number.NaN] : AMONG_OTHERS;
    return edges.map((edge): EdgeCase => {
      const at = rng.int(host.data.length);
      const scale = Number.isFinite(edge) ? Math.max(1, Math.abs(edge)) : 1;
      // the others are about 1; where they meet a large edge, roundings are of its size
      const { ulp, abs } = scale > 1 ? coarse(tolerance) : tolerance;
      const scaled = { ulp, abs: scale * abs + (scale - 1) * ulp * 2 ** -23 };
      const withValue = (value: number) =>
        hosts.map((other, i) => (i === k ? { ...host, data: host.data.with(at, value) } : other));
      return {
        about: `${edge} at ${at} of ${inputName(op.inputs, k)}: `,
        hosts: withValue(edge),
        plain: [withValue(1), withValue(2)],
        fits: (got, want, float) =>
          within(got, want, float, scaled) ||
          (got === 0 && want === 0) ||
          (meetsZeros && !Number.isFinite(edge) && Number.isNaN(got)) ||
          // a factor 4 short of overflow, a sum on the way may have overflowed
          (Math.abs(want) >= LARGEST / 4 && got === Math.sign(want) * Number.POSITIVE_INFINITY) ||
          // what overflows f32 may meet its like with the other sign
          (Number.isFinite(edge) && Number.isNaN(got) && !Number.isFinite(Math.fround(want))),
      };
    });
  });
}

async function failuresOf(
  op: AnyOp,
  { args = [] }: Sample,
  cases: readonly EdgeCase[],
  device: Device,
): Promise<string[]> {
  const results = scope(() =>
    cases.map(({ hosts }) => {
      const inputs = hosts.map((host) => host && upload(host, device));
      return apply(op, inputs, args);
    }),
  );
  const failures: string[] = [];
  for (const [c, { about, hosts, fits, plain }] of cases.entries()) {
    const params = op.params?.(hosts, ...args);
    const reference = (inputs: Inputs<HostTensor>) => op.reference(inputs, params);
    const [want, wantFlushed] = [hosts, hosts.map(flushed)].map(reference);
    // where the edge counts for less than rounding, as behind a probability of 0 in f32: 0 · ∞ is NaN
    const ignores = (k: number, i: number) => {
      const [one, two] = plain.map(reference);
      return one !== undefined && one[k][i] === two[k][i];
    };
    for (const [k, output] of results[c].entries()) {
      const float = output.dtype === "f32";
      for (const [i, got] of (await output.data()).entries()) {
        if (fits(got, want[k][i], float, i) || fits(got, wantFlushed[k][i], float, i)) continue;
        if (isStatisticOfInfinities(k, got, want[k][i])) continue;
        if (Number.isNaN(got) && Math.abs(want[k][i]) === 1 / 0 && ignores(k, i)) continue;
        failures.push(`${about}output ${k} at ${i} is ${got}, not ${want[k][i]}`);
      }
      output.dispose();
    }
  }
  return failures.length <= SHOWN ? failures : [...failures.slice(0, SHOWN), `and ${failures.length - SHOWN} more`];
}
