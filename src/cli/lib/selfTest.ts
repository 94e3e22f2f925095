// Five operations against plain float64 loops: enough to tell a driver that computes from one that does not.

import { noGrad, scope, type Tensor, tensor, ZeroSiamError } from "../../tensor/index.js";
import { Rng, randomNormal } from "../../tensor/rng.js";
import { ulp32 } from "../../tensor/ulp.js";

/** The worst error of one operation. */
export interface SelfTestResult {
  op: string;
  /** Worst error in units in the last place: of the value, or of the sum of magnitudes where terms may cancel. */
  maxUlp: number | null;
  ok: boolean;
  /** Why it could not run. */
  reason?: string;
}

/** What a check computed, what is right, and the magnitudes that errors are measured against. */
interface Outcome {
  got: Tensor;
  want: Float64Array;
  scale: Float64Array;
}

interface Check {
  op: string;
  /** Allowed error, from WGSL's accuracy table and the number of roundings. */
  limit: number;
  run(): Outcome;
}

/** Rows, columns and inner size: no multiples of any tile. */
const M = 37;
const N = 41;
const K = 53;

/** `size` normals, exact in float32, the same at every call. */
function values(name: string, size: number): Float32Array<ArrayBuffer> {
  return randomNormal(new Rng(0).fork(name).key, size);
}

const CHECKS: Check[] = [
  {
    op: "exp",
    limit: 3 + 2 * 5, // WGSL: 3 + 2|x|; the inputs stay within ±5
    run: () => {
      const x = values("exp", M * N);
      return outcome(tensor(x).exp(), Float64Array.from(x, Math.exp));
    },
  },
  {
    op: "sum",
    limit: N / 2, // N − 1 roundings of half a unit of the sum of magnitudes
    run: () => {
      const x = values("sum", M * N);
      const rows = (f: (v: number) => number) => rowSums(x, N, f);
      return outcome(
        tensor(x, [M, N]).sum(1),
        rows((v) => v),
        rows(Math.abs),
      );
    },
  },
  {
    op: "matmul",
    limit: K, // K products and K − 1 sums, half a unit each
    run: () => {
      const a = values("a", M * K);
      const b = values("b", K * N);
      const got = tensor(a, [M, K]).matmul(tensor(b, [K, N]));
      return outcome(got, product(a, b), product(a.map(Math.abs), b.map(Math.abs)));
    },
  },
  {
    op: "softmax",
    // Numerator and denominator each inherit exp's 3 + 2·10 and the rounding of its argument; then sum and division.
    limit: 2 * (3 + 20 + 5) + N / 2 + 2.5,
    run: () => {
      const x = values("softmax", M * N);
      const sums = rowSums(x, N, Math.exp);
      return outcome(
        tensor(x, [M, N]).softmax(1),
        Float64Array.from(x, (v, i) => Math.exp(v) / sums[Math.floor(i / N)]),
      );
    },
  },
  {
    op: "tanh",
    limit: 2 ** 7, // WGSL allows an absolute 1e-5; drivers measured keep 19 units
    run: () => {
      const x = values("tanh", M * N);
      return outcome(tensor(x).tanh(), Float64Array.from(x, Math.tanh));
    },
  },
];

function outcome(got: Tensor, want: Float64Array, scale = want): Outcome {
  return { got, want, scale };
}

function rowSums(x: Float32Array, width: number, f: (v: number) => number): Float64Array {
  const sums = new Float64Array(x.length / width);
  for (const [i, v] of x.entries()) sums[Math.floor(i / width)] += f(v);
  return sums;
}

/** a [M, K] · b [K, N] */
function product(a: Float32Array, b: Float32Array): Float64Array {
  const out = new Float64Array(M * N);
  for (let m = 0; m < M; m++) {
    for (let k = 0; k < K; k++) {
      for (let n = 0; n < N; n++) out[m * N + n] += a[m * K + k] * b[k * N + n];
    }
  }
  return out;
}

/** Runs all five on the open device. One that cannot run counts as failed, with the reason. */
export async function selfTest(): Promise<SelfTestResult[]> {
  const results: SelfTestResult[] = [];
  for (const check of CHECKS) {
    try {
      results.push(await runCheck(check));
    } catch (error) {
      if (!(error instanceof ZeroSiamError)) throw error;
      results.push({ op: check.op, maxUlp: null, ok: false, reason: error.message });
    }
  }
  return results;
}

async function runCheck({ op, limit, run }: Check): Promise<SelfTestResult> {
  const { got, want, scale } = noGrad(() => scope(run));
  const data = await got.data();
  got.dispose();
  const maxUlp = want.reduce((worst, w, i) => Math.max(worst, ulps(data[i], w, scale[i])), 0);
  return { op, maxUlp: Number(maxUlp.toPrecision(3)), ok: maxUlp <= limit };
}

/** |got − want| in float32 units in the last place of `scale`; infinite for NaN. */
function ulps(got: number, want: number, scale: number): number {
  const error = Math.abs(got - want) / ulp32(scale);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
