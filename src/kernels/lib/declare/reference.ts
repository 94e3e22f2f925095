// The error function in float64, for references.

/** erf(x) to 1e-15. */
export function erf64(x: number): number {
  return x < 0 ? -erf64(-x) : x < 2 ? erfSeries(x) : 1 - erfc64(x);
}

/** erfc(x) = 1 − erf(x), to 1e-13 relative also where erf is near 1. */
function erfc64(x: number): number {
  if (x < 2) return 1 - erf64(x);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * erfcFraction(x));
}

/** Φ(x), the distribution function of the standard normal. */
export function normalCdf64(x: number): number {
  return 0.5 * erfc64(-x * Math.SQRT1_2);
}

/** φ(x), the density of the standard normal. */
export function normalPdf64(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms are positive (Abramowitz & Stegun 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** x + (1/2)/(x + 1/(x + (3/2)/(x + …))), from the back (Abramowitz & Stegun 7.1.14); 60 steps do for x ≥ 2. */
function erfcFraction(x: number): number {
  let value = x;
  for (let k = 60; k > 0; k--) value = x + k / 2 / value;
  return value;
}
