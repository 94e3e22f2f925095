// The polynomials of kernels/lib/text/floats.ts: what each stands for, and its coefficients there.

import { erf64, normalCdf64 } from "../../src/kernels/lib/declare/reference.js";
import { FLOATS } from "../../src/kernels/lib/text/floats.js";
import type { Target } from "./lawson.js";

export interface Fit {
  readonly name: string;
  readonly target: Target;
  readonly degree: number;
  /** The largest relative error, as floats.ts states it, of the polynomial before its coefficients are rounded. */
  readonly error: number;
  /** Where the coefficients stand: the function and how the statement begins. */
  readonly at: readonly [name: string, statement: string];
}

const same = (z: number) => z;
const { sqrt, exp, log1p, tanh, sin, cos, SQRT2, SQRT1_2, LN2, PI } = Math;

export const FITS: readonly Fit[] = [
  {
    name: "exp",
    target: { f: exp, base: (r) => 1 + r + r ** 2 / 2, factor: (r) => r ** 3, x: same, from: -LN2 / 2, to: LN2 / 2 },
    degree: 3,
    error: 3.6e-9,
    at: ["exp32", "let p ="],
  },
  {
    name: "log",
    target: { f: log1p, base: (f) => f - f ** 2 / 2, factor: (f) => f ** 3, x: same, from: SQRT1_2 - 1, to: SQRT2 - 1 },
    degree: 7,
    error: 5.8e-9,
    at: ["logTail", "return"],
  },
  {
    name: "tanh",
    target: { f: tanh, base: same, factor: (x) => x ** 3, x: sqrt, from: 0, to: 0.625 ** 2 },
    degree: 4,
    error: 4.4e-9,
    at: ["tanh32", "let p ="],
  },
  {
    name: "erfc(t) e^(t²)",
    target: {
      f: (t) => 2 * normalCdf64(-SQRT2 * t) * exp(t * t),
      base: () => 0,
      factor: (t) => 1 / (1 + 0.3 * t),
      x: (u) => (1 / u - 1) / 0.3,
      from: 1 / (1 + 0.3 * 9.6),
      to: 1,
    },
    degree: 8,
    error: 1.9e-8,
    at: ["erfcx32", "let p ="],
  },
  {
    name: "erf",
    target: { f: erf64, base: () => 0, factor: same, x: sqrt, from: 0, to: 0.84 ** 2 },
    degree: 5,
    error: 5.3e-9,
    at: ["erf32", "let p ="],
  },
  {
    name: "sin",
    target: { f: sin, base: same, factor: (r) => r ** 3, x: sqrt, from: 0, to: (PI / 4) ** 2 },
    degree: 2,
    error: 3.8e-9,
    at: ["sin32", "let s ="],
  },
  {
    name: "cos",
    target: { f: cos, base: (r) => 1 - r ** 2 / 2, factor: (r) => r ** 4, x: sqrt, from: 0, to: (PI / 4) ** 2 },
    degree: 2,
    error: 1.2e-10,
    at: ["sin32", "let c ="],
  },
];

/** The coefficients of floats.ts, of the constant first: the last numbers of the statement. */
export function committed({ degree, at: [name, statement] }: Fit): number[] {
  const start = FLOATS.indexOf(statement, FLOATS.indexOf(`fn ${name}(`));
  const numbers = FLOATS.slice(start, FLOATS.indexOf(";", start)).match(/-?\d\.\d+(e-\d+)?/g) ?? [];
  return numbers.slice(-degree - 1).map(Number);
}
