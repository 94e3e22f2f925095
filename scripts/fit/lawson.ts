// Polynomials of smallest relative error: Lawson's reweighted least squares (Lawson 1961; Rice & Usow 1968).

/** The part of a function that a polynomial stands for: f(x) ≈ base(x) + factor(x) · P(z(x)), for z between `from` and `to`. */
export interface Target {
  readonly f: (x: number) => number;
  readonly base: (x: number) => number;
  readonly factor: (x: number) => number;
  /** x for a value of the polynomial's variable. */
  readonly x: (z: number) => number;
  readonly from: number;
  readonly to: number;
}

const NODES = 200;
const ROUNDS = 300;

/** The coefficients, of the constant first, that make the largest relative error on Chebyshev nodes smallest. */
export function lawson(target: Target, degree: number): number[] {
  const { f, base, factor } = target;
  const xs = nodes(target, NODES).map(target.x);
  const angles = xs.map((_, i) => ((2 * i + 1) * Math.PI) / (2 * NODES));
  // Chebyshev polynomials Tₖ(cos θ) = cos kθ: with powers of z the equations would be near singular
  const rows = xs.map((x, i) => powers(degree, (k) => (factor(x) * Math.cos(k * angles[i])) / f(x)));
  const wanted = xs.map((x) => (f(x) - base(x)) / f(x));
  let weights = xs.map(() => 1 / NODES);
  let solution: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    solution = leastSquares(rows, wanted, weights);
    const errors = rows.map((row, i) => weights[i] * Math.abs(dot(row, solution) - wanted[i]));
    const sum = errors.reduce((a, b) => a + b);
    weights = errors.map((e) => e / sum);
  }
  return inPowers(solution, target);
}

/** The largest relative error of f where P has these coefficients, in float64. */
export function largestError(target: Target, coefficients: readonly number[]): number {
  const { f, base, factor, x } = target;
  const errors = nodes(target, 4 * NODES).map((z) => {
    const p = coefficients.reduceRight((sum, c) => sum * z + c, 0);
    return Math.abs((base(x(z)) + factor(x(z)) * p) / f(x(z)) - 1);
  });
  return Math.max(...errors);
}

/** Chebyshev nodes between `from` and `to`, falling. */
const nodes = ({ from, to }: Target, count: number): number[] =>
  Array.from({ length: count }, (_, i) => {
    const s = Math.cos(((2 * i + 1) * Math.PI) / (2 * count));
    return (from + to) / 2 + (s * (to - from)) / 2;
  });

const powers = (degree: number, value: (k: number) => number): number[] =>
  Array.from({ length: degree + 1 }, (_, k) => value(k));

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** The c with least Σ w (row·c − wanted)², from the normal equations by elimination with their diagonal as pivots. */
function leastSquares(rows: readonly number[][], wanted: readonly number[], weights: readonly number[]): number[] {
  const n = rows[0].length;
  const sums = (k: number, other: (i: number) => number) =>
    rows.reduce((sum, row, i) => sum + weights[i] * row[k] * other(i), 0);
  const m = powers(n - 1, (k) => k).map((k) => [
    ...powers(n - 1, (j) => sums(k, (i) => rows[i][j])),
    sums(k, (i) => wanted[i]),
  ]);
  for (let k = 0; k < n; k++) {
    for (let r = 0; r < n; r++) {
      if (r === k) continue;
      const share = m[r][k] / m[k][k];
      m[r] = m[r].map((v, j) => v - share * m[k][j]);
    }
  }
  return m.map((row, k) => row[n] / row[k]);
}

/** Σ cₖ Tₖ(s) in powers of z, with s = (2 z − from − to) / (to − from) and Tₖ₊₁ = 2 s Tₖ − Tₖ₋₁. */
function inPowers(chebyshev: readonly number[], { from, to }: Target): number[] {
  const [slope, shift] = [2 / (to - from), -(from + to) / (to - from)];
  const timesS = (p: readonly number[]) => p.map((c, k) => shift * c + (k > 0 ? slope * p[k - 1] : 0));
  let t: number[] = chebyshev.map((_, k) => (k === 0 ? 1 : 0));
  let next = timesS(t);
  const sum = t.map(() => 0);
  for (const c of chebyshev) {
    for (const [k, v] of t.entries()) sum[k] += c * v;
    const after = timesS(next).map((v, k) => 2 * v - t[k]);
    [t, next] = [next, after];
  }
  return sum;
}
