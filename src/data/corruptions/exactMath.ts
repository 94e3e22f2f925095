// exp, log, sin, cos and a normal from + − × / and sqrt alone, which IEEE 754 rounds the same way on every machine.
// JavaScript's Math.exp and its like may differ in the last bit between engines: enough to flip a rounded pixel.
import type { Rng } from "../../tensor/rng.js";

// ln 2 and π/2 as a short head, whose small multiples are exact, and the rest.
const LN2_HEAD = 0.6931471803691238;
const LN2_TAIL = 1.9082149292705877e-10;
const HALF_PI_HEAD = 1.5707963267341256;
const HALF_PI_TAIL = 6.077100506506192e-11;

/** eˣ for |x| ≤ 700, to 1e-15 relative: Taylor's series on |r| ≤ ln 2 / 2, times a power of two. */
export function exactExp(x: number): number {
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HEAD - k * LN2_TAIL;
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + (r / n) * sum;
  for (let i = 0; i < Math.abs(k); i++) sum *= k > 0 ? 2 : 0.5;
  return sum;
}

/** ln x for normal x > 0, to 1e-15: x = m·2ᵏ with m near 1, ln m = 2·artanh((m − 1)/(m + 1)). */
export function exactLog(x: number): number {
  let m = x;
  let k = 0;
  for (; m > Math.SQRT2; k++) m /= 2;
  for (; m < Math.SQRT1_2; k--) m *= 2;
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = 23; n >= 1; n -= 2) sum = 1 / n + s * s * sum;
  return k * LN2_HEAD + (2 * s * sum + k * LN2_TAIL);
}

/** Sine and cosine for |x| ≤ 1000, to 1e-15 absolute: Taylor's series on |r| ≤ π/4, then the quadrant. */
export function exactSinCos(x: number): [sin: number, cos: number] {
  const quadrant = Math.round(x / HALF_PI_HEAD);
  const r = x - quadrant * HALF_PI_HEAD - quadrant * HALF_PI_TAIL;
  let sin = 1;
  let cos = 1;
  for (let n = 16; n >= 2; n -= 2) {
    cos = 1 - ((r * r) / (n * (n - 1))) * cos;
    sin = 1 - ((r * r) / (n * (n + 1))) * sin;
  }
  sin *= r;
  switch (((quadrant % 4) + 4) % 4) {
    case 0:
      return [sin, cos];
    case 1:
      return [cos, -sin];
    case 2:
      return [-sin, -cos];
    default:
      return [-cos, sin];
  }
}

/** A standard normal with the same bits everywhere (Box–Muller), unlike `Rng.normal`. Draws two uniforms. */
export function exactNormal(rng: Rng): number {
  const radius = Math.sqrt(-2 * exactLog(1 - rng.uniform()));
  return radius * exactSinCos(2 * Math.PI * rng.uniform())[1];
}

/** A Poisson count of mean `mean` ≤ 700 (Knuth: multiply uniforms until they fall below e^−mean). */
export function exactPoisson(mean: number, rng: Rng): number {
  const limit = exactExp(-mean);
  let count = 0;
  for (let product = rng.uniform(); product > limit; product *= rng.uniform()) count++;
  return count;
}
