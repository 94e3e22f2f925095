// pow: a to the power b.
import { ulp } from "../tensor/op.js";
import { EDGE_COLUMN, EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /**
     * Elementwise `this` to the power `exponent`, with broadcasting. A negative base takes integer exponents, else NaN;
     * the rules at 0, 1 and infinity are C's. Squares, cubes, roots and inverses are as exact as products, sqrt and division. Throws ShapeError, DTypeError.
     */
    pow(exponent: Tensor | number): Tensor;
  }
}

/**
 * e^(b ln a) for a > 0 with ln a as a sum of two floats, the first of 12 bits, so that its product with 12 bits of b is
 * exact: an error of ln a counts b-fold.
 */
const POWER = `
fn head12(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }
fn powOf(a: f32, b: f32) -> f32 {
  let bits = bitcast<u32>(a);
  let tiny = bits < 0x00800000u; // a subnormal is its bits times 2⁻¹⁴⁹
  let shifted = select(bits, bitcast<u32>(f32(bits)), tiny) - 0x3f3504f3u; // less the bits of √½
  let e = f32(bitcast<i32>(shifted) >> 23u) - select(0.0, 149.0, tiny);
  let f = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0;
  let f1 = head12(f);
  let square = 0.5 * f1 * f1; // exact
  let start = head12(f - square);
  let tail = ((f - start) - square) - 0.5 * (f - f1) * (f + f1) + f * f * f * logTail(f);
  let whole = e * 0.693359375; // exact
  let head = head12(whole + start);
  let lower = ((whole - head) + start) + (tail + e * -2.12194440e-4);
  let edge = select(a, bitcast<f32>(bits | 0xff800000u), bits == 0u); // ln 0 is −∞, ln ∞ is ∞
  let rough = b * select(head + lower, edge, bits == 0u || bits >= 0x7f800000u);
  let b1 = head12(b);
  let rest = (b - b1) * head + b * lower;
  let inside = rough > -104.0 && rough < 89.0; // beyond it is 0 or infinite
  return expSum32(select(clamp(rough, -105.0, 89.5), b1 * head, inside), select(0.0, rest, inside));
}`;

/** C's rules (IEEE 754-2019, 9.2.1) on top of e^(b ln |a|), and what people write most, exactly. */
const POW = `
fn pow32(a: f32, b: f32) -> f32 {
  if (b == 2.0) { return a * a; }
  if (b == 3.0) { return a * a * a; }
  if (b == 1.0) { return a; }
  if (b == 0.5 && a >= 0.0) { return sqrt(a); }
  if (b == -1.0) { return 1.0 / a; }
  if ((b == 0.0 && !isNan(b)) || (a == 1.0 && !isNan(a))) { return 1.0; }
  if (isNan(a) || isNan(b)) { return bitcast<f32>(bitcast<u32>(a) | 0x7fc00000u); }
  if (abs(a) == 1.0 && !isFinite(b)) { return 1.0; }
  let magnitude = powOf(abs(a), b);
  if (bitcast<u32>(a) < 0x80000000u) { return magnitude; }
  let whole = b == floor(b);
  let odd = whole && abs(b) < 16777216.0 && (i32(clamp(b, -16777216.0, 16777216.0)) & 1) == 1;
  if (!whole && bitcast<u32>(a) != 0x80000000u && isFinite(a)) { return bitcast<f32>(bitcast<u32>(a) | 0x7fc00000u); }
  return select(magnitude, -magnitude, odd);
}`;

export const pow = elementwise({
  name: "pow",
  doc: "a to the power b, with broadcasting",
  inputs: ["a", "b"],
  wgsl: "pow32(a, b)",
  functions: `${POWER}${POW}`,
  value: ([a, b]) => pow64(a, b),
  saves: ["a", "b", "y"],
  // ∂aᵇ/∂a = b aᵇ⁻¹ (0 for b = 0), ∂aᵇ/∂b = aᵇ ln a (0 for a = 0 ≤ b), as in PyTorch
  vjp: (g, { a, b, y }, { needs }) => [
    needs.a ? b.eq(0).where(0, g.mul(b).mul(a.pow(b.sub(1)))) : null,
    needs.b ? a.eq(0).logicalAnd(b.ge(0)).where(0, g.mul(y).mul(a.log())) : null,
  ],
  tolerance: ulp(12),
  samples: [
    of({ shape: [2, 65], range: [0.1, 3] }, { shape: [65], range: [-4, 4] }),
    of({ shape: [40], range: [0.1, 3] }, { shape: [], range: [2, 2] }),
    of({ shape: [40], range: [0.1, 3] }, { shape: [4, 1], range: [3, 3] }),
    of({ shape: [40], range: [0.1, 3] }, { shape: [], range: [-1.5, -1.5] }),
    of({ shape: [40], range: [0.1, 3] }, { shape: [], range: [0.5, 0.5] }),
    of([40], { shape: [7, 1], values: [-3, -2, -1, 0, 1, 4, 5] }),
    of({ shape: [40], range: [0.7, 1.4] }, { shape: [4, 1], values: [0, -200, 123.456, 210] }),
    of(EDGE_COLUMN, EDGES),
    of(EDGE_COLUMN, { shape: [9], values: [2, 3, -2, -3, 0.5, -0.5, 1.5, 16777217, 2.5] }),
    {
      ...of({ shape: [7], values: [-2, 0, 3, 0, 2, 0, Number.NaN] }, { shape: [7], values: [3, 3, 3, 0, 0, -1, 0] }),
      slopes: [
        [12, 0, 27, 0, 0, -1 / 0, 0],
        [Number.NaN, 0, 29.6625317940388, 0, Math.LN2, -1 / 0, Number.NaN],
      ],
    },
  ],
  errors: [{ ...of({ shape: [2], dtype: "i32" }, { shape: [2], dtype: "i32" }), throws: "DTypeError" }],
});

/** Where JavaScript says NaN, C says 1: 1 to any power, and −1 to an infinite one. */
function pow64(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === 1 / 0) ? 1 : a ** b;
}
