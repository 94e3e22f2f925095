// WGSL functions that treat every f32 as IEEE 754 and PyTorch do, NaN and infinities included, on every driver; and
// integers in the order of floats.
//
// WGSL lets drivers assume that neither NaN nor infinity occurs: max(NaN, 1) is 1, `v != v` folds to false, log(0) may
// be -88. So NaN is found in the bits, and the functions whose built-ins are inexact or undefined at the edges are
// computed here: argument reduction after Cody & Waite ("Software Manual for the Elementary Functions", 1980), then
// polynomials fitted for this file (minimax by Lawson's reweighted least squares on Chebyshev nodes, in float64: `npm run
// fit`), with the relative error of each stated. Rounding in f32 comes on top, of the coefficients too: the ops' tolerances
// have the sum.

/** The text of e^x: n is found from the sum, r from the head, and the tail is added to r. */
function expOf(signature: string, { sum, head, tail }: { sum: string; head: string; tail: string }): string {
  return `fn ${signature} -> f32 {
  let c = clamp(${sum}, -104.0, 89.0); // e^-104 rounds to 0, e^89 to infinity
  // n is rounded by adding 1.5·2²³, whose last bits it then is: i32() of a float costs more, as it must saturate
  let i = bitcast<i32>(c * 1.44269504 + 12582912.0) - 0x4b400000;
  let n = f32(i);
  let r = (${head} - n * 0.693359375) - n * -2.12194440e-4${tail}; // ln 2 in two parts: n times the first is exact
  let p = 0.5 + r * (0.166665345 + r * (0.0416672379 + r * (0.00836747605 + r * 0.00138637878)));
  let half = i >> 1u; // 2ⁿ in two factors, since 2¹²⁸ and subnormals are none
  let y = (1.0 + (r + r * r * p)) * exp2i(half) * exp2i(i - half);
  return select(y, x, isNan(x));
}`;
}

/** The functions. Each kernel gets those that it calls (link.ts). */
export const FLOATS = `/// Found in the bits: no driver folds that.
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }

/// Whether a comparison of a and b is false because one is NaN.
fn unordered(a: f32, b: f32) -> bool { return isNan(a) || isNan(b); }

/// Whether both are zeros, of any sign; by their bits, since a comparison may take subnormals for zeros.
fn bothZero(a: f32, b: f32) -> bool { return ((bitcast<u32>(a) | bitcast<u32>(b)) & 0x7fffffffu) == 0u; }

/// The larger; NaN if either is. Of 0 and −0 it is 0.
fn max32(a: f32, b: f32) -> f32 {
  let larger = select(max(a, b), bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)), bothZero(a, b));
  return select(select(larger, b, isNan(b)), a, isNan(a));
}

/// The smaller; NaN if either is, and −0 of 0 and −0.
fn min32(a: f32, b: f32) -> f32 {
  let smaller = select(min(a, b), bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)), bothZero(a, b));
  return select(select(smaller, b, isNan(b)), a, isNan(a));
}

/// e^x: e^x = 2ⁿ·e^r with |r| ≤ ½ ln 2; polynomial error 3.6e-9.
${expOf("exp32(x: f32)", { sum: "x", head: "c", tail: "" })}

/// e^(x + tail), where x is exact and the tail what it lacks: −106 < x + tail < 90.
${expOf("expSum32(x: f32, tail: f32)", { sum: "x + tail", head: "x", tail: " + tail" })}

/// e^(−x²/2), with the square exact in two parts; NaN gives any number.
fn gauss32(x: f32) -> f32 {
  let t = min(abs(x), 14.5); // e^-105 is 0
  let head = bitcast<f32>(bitcast<u32>(t) & 0xfffff000u); // of 12 bits
  return expSum32(-0.5 * head * head, -0.5 * (t - head) * (t + head));
}

/// 2ⁿ for −126 ≤ n ≤ 127, exact.
fn exp2i(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }

/// ln x: x = m·2ᵉ with √½ ≤ m < √2, and ln m from f = m − 1; polynomial error 5.8e-9. −∞ at 0, NaN below.
fn log32(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let tiny = bits < 0x00800000u; // a subnormal is its bits times 2⁻¹⁴⁹; a driver may take it for 0, but not its bits
  let shifted = select(bits, bitcast<u32>(f32(bits)), tiny) - 0x3f3504f3u; // less the bits of √½
  let e = f32(bitcast<i32>(shifted) >> 23u) - select(0.0, 149.0, tiny);
  let f = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0;
  let y = (f + (f * f * (f * logTail(f) - 0.5) + e * -2.12194440e-4)) + e * 0.693359375;
  if ((bits & 0x7fffffffu) == 0u) { return bitcast<f32>(bits | 0xff800000u); }
  if (bits > 0x80000000u) { return bitcast<f32>(bits | 0x7fc00000u); }
  return select(y, x, bits >= 0x7f800000u);
}

/// (ln(1 + f) − f + ½ f²) / f³ for √½ ≤ 1 + f < √2.
fn logTail(f: f32) -> f32 {
  return 0.333333313 + f * (-0.250008225 + f * (0.200012267 + f * (-0.166233569 + f * (0.142017618
         + f * (-0.131601945 + f * (0.127615497 + f * -0.0763442963))))));
}

/// Polynomial error 4.4e-9 below 0.625; above, from e^2x.
fn tanh32(x: f32) -> f32 {
  let z = x * x;
  let p = -0.333332807 + z * (0.133314416 + z * (-0.0537397116 + z * (0.0206390787 + z * -0.00570497848)));
  let large = 1.0 - 2.0 / (exp32(2.0 * min(abs(x), 10.0)) + 1.0); // 1 in f32 from 9.01 on
  let y = select(select(large, -large, x < 0.0), x + x * (z * p), abs(x) < 0.625);
  return select(y, x, isNan(x));
}

/// 1 / (1 + e^−x), without overflow.
fn sigmoid32(x: f32) -> f32 {
  let e = exp32(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}

/// erfc(t)·e^(t²), t ≥ 0, as u·P(u) with u = 1 / (1 + 0.3 t); error 1.9e-8 up to t = 9.6, where erfc ends in f32.
fn erfcx32(t: f32) -> f32 {
  let u = 1.0 / (1.0 + 0.3 * t);
  let p = 0.16918917 + u * (0.17069833 + u * (0.148443103 + u * (0.214570656 + u * (-0.093910858
        + u * (0.546758354 + u * (-0.511514783 + u * (0.485224426 + u * -0.129458427)))))));
  return u * p;
}

/// Polynomial error 5.3e-9 below 0.84; above, 1 − erfc.
fn erf32(x: f32) -> f32 {
  let z = x * x;
  let p = 1.12837911 + z * (-0.376125783 + z * (0.112828091 + z * (-0.0268065985 + z * (0.00505830115
        + z * -0.00063595589))));
  let large = 1.0 - exp32(-z) * erfcx32(abs(x));
  return select(select(large, -large, x < 0.0), x * p, abs(x) < 0.84);
}

/// Φ(x) = ½ erfc(−x/√2): accurate relative to Φ also in the lower tail, where ½ (1 + erf) cancels.
fn normalCdf32(x: f32) -> f32 {
  let tail = 0.5 * gauss32(x) * erfcx32(abs(x) * 0.707106781);
  return select(1.0 - tail, tail, x < 0.0);
}

/// sin(x + quarter·π/2): reduced by π/2 in three parts up to 10⁴, above by the bits of 2/π that matter; error 3.8e-9.
fn sin32(x: f32, quarter: i32) -> f32 {
  let q = round(clamp(x, -10000.0, 10000.0) * 0.636619772);
  var r = ((x - q * 1.5703125) - q * 4.837512969970703125e-4) - q * 7.549789954e-8;
  var k = i32(q) + quarter;
  if (abs(x) > 10000.0) {
    let far = quarters32(abs(x));
    r = select(far.x, -far.x, x < 0.0);
    k = select(i32(far.y), -i32(far.y), x < 0.0) + quarter;
  }
  let z = r * r;
  let s = r + r * (z * (-0.166666552 + z * (0.00833215564 + z * -0.000195146305)));
  let c = 1.0 + z * (-0.5 + z * (0.0416666456 + z * (-0.00138873095 + z * 2.4432411e-05)));
  let y = select(s, c, (k & 1) == 1);
  let nan = bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u);
  return select(nan, select(y, -y, (k & 2) == 2), isFinite(x));
}

/// The remainder of x by π/2, at most π/4 either way, and the quotient modulo 4, for x ≥ 2¹³: x = m·2ᵉ times 96 bits
/// of 2/π, from the bit whose product with m counts half turns (Payne & Hanek, SIGNUM Newsletter 18(1), 1983).
fn quarters32(x: f32) -> vec2f {
  var digits = array<u32, 8>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
  let bits = bitcast<u32>(x);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let start = (bits >> 23u) - 120u;
  let word = min(start >> 5u, 4u);
  let shift = start & 31u;
  var w: array<u32, 3>;
  for (var i = 0u; i < 3u; i++) { // shifting by 32 would shift by 0
    w[i] = (digits[word + i] << shift) | ((digits[word + i + 1u] >> 1u) >> (31u - shift));
  }
  let low = m * w[1];
  let middle = low + mulHigh(m, w[2]);
  let high = m * w[0] + mulHigh(m, w[1]) + u32(middle < low);
  var turns = high >> 30u;
  var part = (high << 2u) | (middle >> 30u); // the fraction of a quarter, in 64 bits
  var rest = middle << 2u;
  let above = part >= 0x80000000u;
  if (above) {
    turns += 1u;
    rest = 0u - rest;
    part = ~part + u32(rest == 0u);
  }
  let zeros = min(countLeadingZeros(part), 31u);
  let lead = (part << zeros) | ((rest >> 1u) >> (31u - zeros));
  let r = f32(lead) * 1.57079633 * exp2i(-32 - i32(zeros));
  return vec2f(select(r, -r, above), f32(turns & 3u));
}

/// The upper half of the product of two u32.
fn mulHigh(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let first = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let second = (a & 0xffffu) * (b >> 16u) + (first & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (first >> 16u) + (second >> 16u);
}

/// A key that is ordered as the floats are: −0 just below 0, every NaN the largest, so that a maximum over keys is NaN
/// where there is one, as in PyTorch.
fn key_of(x: f32) -> u32 {
  let magnitude = bitcast<u32>(x) & 0x7fffffffu;
  let key = select(0x80000000u + magnitude, 0x7fffffffu - magnitude, bitcast<u32>(x) > 0x7fffffffu);
  return select(key, 0xffffffffu, magnitude > 0x7f800000u);
}

/// The float of a key.
fn of_key(key: u32) -> f32 {
  let negative = key < 0x80000000u;
  return bitcast<f32>(select(key - 0x80000000u, (0x7fffffffu - key) | 0x80000000u, negative));
}
`;

/** The key of −∞: below every other. */
export const LOWEST_KEY = "0x007fffffu";
