// The machine-independent elementary functions, against Math's and against their own distributions.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exactExp, exactLog, exactNormal, exactPoisson, exactSinCos } from "../../src/data/corruptions/exactMath.js";
import { Rng } from "../../src/tensor/rng.js";

/** The largest |error(x)| of 20,001 points from -limit to limit; NaN where one is. */
function worst(limit: number, error: (x: number) => number): number {
  return Math.max(...Array.from({ length: 20_001 }, (_, i) => Math.abs(error((i / 10_000 - 1) * limit))));
}

// Math's own functions are good to about 1e-16; ours claim 1e-15, with the rounding of the range reduction on top.
describe("exactExp", () => {
  it("equals Math.exp to 4e-15 relative from -700 to 700", () => {
    expect(worst(700, (x) => exactExp(x) / Math.exp(x) - 1)).toBeLessThan(4e-15);
    expect(exactExp(0)).toBe(1);
  });
});

describe("exactLog", () => {
  it("equals Math.log to 1e-15, relative where that is more", () => {
    const error = (x: number) => {
      const want = Math.log(Math.exp(x));
      return (exactLog(Math.exp(x)) - want) / Math.max(1, Math.abs(want));
    };
    expect(worst(300, error)).toBeLessThan(1e-15);
    expect(exactLog(1)).toBe(0);
  });
});

describe("exactSinCos", () => {
  it("equals Math.sin and Math.cos to 1e-15 up to ±20 and 1e-12 up to ±1000", () => {
    for (const [limit, tolerance] of [
      [20, 1e-15],
      [1000, 1e-12],
    ]) {
      expect(worst(limit, (x) => exactSinCos(x)[0] - Math.sin(x))).toBeLessThan(tolerance);
      expect(worst(limit, (x) => exactSinCos(x)[1] - Math.cos(x))).toBeLessThan(tolerance);
    }
  });
});

describe("the exact draws", () => {
  const n = 20_000;
  const moments = (draw: () => number): { mean: number; variance: number } => {
    const values = Array.from({ length: n }, draw);
    const mean = values.reduce((a, b) => a + b) / n;
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / n };
  };

  // Five standard errors: of the mean √(σ²/n), of the variance √((μ₄ − σ⁴)/n) = √(2/n), for Poisson √((m + 2m²)/n).
  it("are normal with mean 0 and variance 1", () => {
    const rng = new Rng(1);
    const { mean, variance } = moments(() => exactNormal(rng));
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
  });

  it.each([0, 0.3, 4, 60])("are Poisson with mean and variance %d", (m) => {
    const rng = new Rng(2);
    const { mean, variance } = moments(() => exactPoisson(m, rng));
    expect(Math.abs(mean - m)).toBeLessThanOrEqual(5 * Math.sqrt(m / n));
    expect(Math.abs(variance - m)).toBeLessThanOrEqual(5 * Math.sqrt((m + 2 * m * m) / n));
  });
});

describe("the sources of the corruptions", () => {
  it("call nothing whose last bit ECMAScript leaves to the engine", async () => {
    const folder = join(import.meta.dirname, "../../src/data/corruptions");
    const exact = new Set(["floor", "ceil", "round", "abs", "min", "max", "sqrt", "PI", "LN2", "SQRT2", "SQRT1_2"]);
    for (const name of await readdir(folder)) {
      const code = (await readFile(join(folder, name), "utf8")).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      const used = [...code.matchAll(/\bMath\.(\w+)/g)].map(([, member]) => member);
      expect(used.filter((member) => !exact.has(member))).toEqual([]);
      expect(code).not.toMatch(/\*\*/);
      expect(code).not.toMatch(/\.normal\(/);
    }
  });
});
