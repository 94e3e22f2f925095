// WGSL functions that treat every f32 as IEEE 754 and PyTorch do, NaN and infinities included, on every driver.
//
// WGSL lets drivers assume that neither NaN nor infinity occurs: max(NaN, 1) is 1, `v != v` folds to false, log(0) may
// be -88. So NaN is found in the bits, and the functions whose built-ins are inexact or undefined at the edges are
// computed here: argument reduction after Cody & Waite ("Software Manual for the Elementary Functions", 1980), then
// polynomials fitted for this file (minimax by Lawson's reweighted least squares on Chebyshev nodes, in float64), with
// the relative error of each stated. Rounding in f32 comes on top: the ops' tolerances have the sum.

interface FloatFunction {
  readonly code: string;
  /** Functions of this table that the code calls. */
  readonly uses?: readonly string[];
}

const TABLE = {
  isNan: {
    code: "fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }",
  },
  isFinite: {
    code: "fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }",
  },
  /** Whether a comparison of a and b is false because one is NaN. */
  unordered: {
    code: "fn unordered(a: f32, b: f32) -> bool { return isNan(a) || isNan(b); }",
    uses: ["isNan"],
  },
  /** The larger; NaN if either is. */
  max32: {
    code: "fn max32(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isNan(b)), a, isNan(a)); }",
    uses: ["isNan"],
  },
  /** The smaller; NaN if either is. */
  min32: {
    code: "fn min32(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, isNan(b)), a, isNan(a)); }",
    uses: ["isNan"],
  },
  /** e^x: e^x = 2ⁿ·e^r with |r| ≤ ½ ln 2; polynomial error 3.3e-9. */
  exp32: {
    code: `
fn exp32(x: f32) -> f32 {
  let c = clamp(x, -104.0, 89.0); // e^-104 rounds to 0, e^89 to infinity
  // n is rounded by adding 1.5·2²³, whose last bits it then is: i32() of a float costs more, as it must saturate
  let i = bitcast<i32>(c * 1.44269504 + 12582912.0) - 0x4b400000;
  let n = f32(i);
  let r = (c - n * 0.693359375) - n * -2.12194440e-4; // ln 2 in two parts: n times the first is exact
  let p = 0.5 + r * (0.166665152 + r * (0.041668456 + r * (0.00836941879 + r * 0.00138131424)));
  let half = i >> 1u; // 2ⁿ in two factors, since 2¹²⁸ and subnormals are none
  let y = (1.0 + (r + r * r * p)) * exp2i(half) * exp2i(i - half);
  return select(y, x, isNan(x));
}`,
    uses: ["isNan", "exp2i"],
  },
  /** 2ⁿ for −126 ≤ n ≤ 127, exact. */
  exp2i: {
    code: "fn exp2i(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }",
  },
  /** ln x: x = m·2ᵉ with √½ ≤ m < √2, and ln m from f = m − 1; polynomial error 5.8e-9. −∞ at 0, NaN below. */
  log32: {
    code: `
fn log32(x: f32) -> f32 {
  let tiny = x < 0x1p-126;
  let shifted = bitcast<u32>(select(x, x * 0x1p23, tiny)) - 0x3f3504f3u; // less the bits of √½
  let e = f32(bitcast<i32>(shifted) >> 23u) - select(0.0, 23.0, tiny);
  let f = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0;
  let p = 0.333333313 + f * (-0.250008225 + f * (0.200012267 + f * (-0.166233569 + f * (0.142017618
        + f * (-0.131601945 + f * (0.127615497 + f * -0.0763442963))))));
  let y = (f + (f * f * (f * p - 0.5) + e * -2.12194440e-4)) + e * 0.693359375;
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return bitcast<f32>(bits | 0xff800000u); }
  if (bits > 0x80000000u) { return bitcast<f32>(bits | 0x7fc00000u); }
  return select(y, x, bits >= 0x7f800000u);
}`,
  },
  /** Polynomial error 4.4e-9 below 0.625; above, from e^2x. */
  tanh32: {
    code: `
fn tanh32(x: f32) -> f32 {
  let z = x * x;
  let p = -0.333332807 + z * (0.133314416 + z * (-0.0537397116 + z * (0.0206390787 + z * -0.00570497848)));
  let large = 1.0 - 2.0 / (exp32(2.0 * min(abs(x), 10.0)) + 1.0); // 1 in f32 from 9.01 on
  let y = select(select(large, -large, x < 0.0), x + x * (z * p), abs(x) < 0.625);
  return select(y, x, isNan(x));
}`,
    uses: ["exp32", "isNan"],
  },
  /** 1 / (1 + e^−x), without overflow. */
  sigmoid32: {
    code: `
fn sigmoid32(x: f32) -> f32 {
  let e = exp32(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}`,
    uses: ["exp32"],
  },
  /** erfc(t)·e^(t²), t ≥ 0, as u·P(u) with u = 1 / (1 + 0.3 t); error 1.9e-8 up to t = 9.6, where erfc ends in f32. */
  erfcx32: {
    code: `
fn erfcx32(t: f32) -> f32 {
  let u = 1.0 / (1.0 + 0.3 * t);
  let p = 0.16918917 + u * (0.17069833 + u * (0.148443103 + u * (0.214570656 + u * (-0.093910858
        + u * (0.546758354 + u * (-0.511514783 + u * (0.485224426 + u * -0.129458427)))))));
  return u * p;
}`,
  },
  /** Polynomial error 5.3e-9 below 0.84; above, 1 − erfc. */
  erf32: {
    code: `
fn erf32(x: f32) -> f32 {
  let z = x * x;
  let p = 1.12837911 + z * (-0.376125783 + z * (0.112828091 + z * (-0.0268065985 + z * (0.00505830115
        + z * -0.00063595589))));
  let large = 1.0 - exp32(-z) * erfcx32(abs(x));
  return select(select(large, -large, x < 0.0), x * p, abs(x) < 0.84);
}`,
    uses: ["exp32", "erfcx32"],
  },
  /** Φ(x) = ½ erfc(−x/√2): accurate relative to Φ also in the lower tail, where ½ (1 + erf) cancels. */
  normalCdf32: {
    code: `
fn normalCdf32(x: f32) -> f32 {
  let tail = 0.5 * exp32(-0.5 * x * x) * erfcx32(abs(x) * 0.707106781);
  return select(1.0 - tail, tail, x < 0.0);
}`,
    uses: ["exp32", "erfcx32"],
  },
  /** sin(x + quarter·π/2); reduced by π/2 in three parts, which beyond |x| = 10⁴ loses a bit for each doubling. */
  sin32: {
    code: `
fn sin32(x: f32, quarter: i32) -> f32 {
  let q = round(x * 0.636619772);
  let r = ((x - q * 1.5703125) - q * 4.837512969970703125e-4) - q * 7.549789954e-8;
  let z = r * r;
  let s = r + r * (z * (-0.166666552 + z * (0.00833215564 + z * -0.000195146305)));
  let c = 1.0 + z * (-0.5 + z * (0.0416666456 + z * (-0.00138873095 + z * 2.4432411e-05)));
  let k = i32(clamp(q, -2147483000.0, 2147483000.0)) + quarter;
  let y = select(s, c, (k & 1) == 1);
  let nan = bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u);
  return select(nan, select(y, -y, (k & 2) == 2), isFinite(x));
}`,
    uses: ["isFinite"],
  },
} as const satisfies Record<string, FloatFunction>;

export type FloatFunctionName = keyof typeof TABLE;

/** The WGSL of the functions named and of those that they call, each once. */
export function floats(...names: readonly FloatFunctionName[]): string {
  const found = new Set<string>();
  const add = (name: string) => {
    const { code, uses } = TABLE[name as FloatFunctionName] as FloatFunction;
    for (const used of uses ?? []) add(used);
    found.add(code.trim());
  };
  for (const name of names) add(name);
  return [...found].join("\n");
}
