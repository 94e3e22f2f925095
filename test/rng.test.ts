// The random numbers: published vectors, the indexing rule, distributions, forks, and restoring.
import { describe, expect, it } from "vitest";
import { ConfigError } from "../src/tensor/errors.js";
import { Rng, randomNormal, randomU32, randomUniform, threefry2x32, type Words } from "../src/tensor/rng.js";

describe("threefry2x32", () => {
  // Random123's kat_vectors, threefry2x32 with 20 rounds: counter, key, result.
  const vectors: [Words, Words, Words][] = [
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ];

  it("gives the known answers published with Random123", () => {
    for (const [counter, key, want] of vectors) expect(threefry2x32(key, counter)).toEqual(want);
  });
});

describe("the stream of a key", () => {
  const key: Words = [7, 9];

  it("takes element i from word i mod 2 of block ⌊i/2⌋, the high counter word included", () => {
    const words = randomU32(key, 5);
    expect([...words.slice(0, 2)]).toEqual(threefry2x32(key, [0, 0]));
    expect(words[4]).toBe(threefry2x32(key, [2, 0])[0]);
    const far = new Rng({ key, counter: 2 ** 34 + 7 });
    expect(far.u32()).toBe(threefry2x32(key, [3, 2])[1]);
  });

  it("is the same one by one as in arrays", () => {
    const rng = new Rng({ key, counter: 0 });
    expect(Array.from({ length: 9 }, () => rng.u32())).toEqual([...randomU32(key, 9)]);
    const again = new Rng({ key, counter: 0 });
    expect(Array.from({ length: 9 }, () => again.uniform())).toEqual([...randomUniform(key, 9)]);
  });

  it("has uniforms of mean 1/2 and variance 1/12 in [0, 1)", () => {
    const n = 100_000;
    const values = randomUniform(key, n);
    const { mean, variance } = moments(values);
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    // Five standard errors: of the mean √(1/12n), of the variance √(1/180n).
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / (12 * n)));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / (180 * n)));
  });

  it("has normals of mean 0, variance 1 and kurtosis 3, even and odd elements uncorrelated", () => {
    const n = 100_000;
    const values = randomNormal(key, n);
    const { mean, variance, fourth } = moments(values);
    // Five standard errors: √(1/n), √(2/n) and √(96/n) for a normal sample.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(fourth - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    let product = 0;
    for (let i = 0; i < n; i += 2) product += values[i] * values[i + 1];
    expect(Math.abs(product / (n / 2))).toBeLessThan(5 * Math.sqrt(2 / n));
  });
});

describe("Rng", () => {
  it("repeats itself from its seed, and differs between seeds that share their low word", () => {
    expect(draw(new Rng(5))).toEqual(draw(new Rng(5)));
    expect(draw(new Rng(5))).not.toEqual(draw(new Rng(5 + 2 ** 32)));
  });

  it("forks independently of what was drawn, by text and by number", () => {
    const rng = new Rng(1);
    const before = draw(rng.fork("noise"));
    rng.uniform();
    expect(draw(rng.fork("noise"))).toEqual(before);
    const others = [rng.fork("order"), rng.fork(0), rng.fork(1), rng.fork("0"), rng].map((r) => draw(r)[0]);
    expect(new Set([before[0], ...others]).size).toBe(6);
    // 0xe40c292c is the FNV-1a hash of "a": texts and numbers do not meet even so.
    expect(draw(rng.fork("a"))).not.toEqual(draw(rng.fork(0xe40c292c)));
  });

  it("goes on from a saved state, normals included", () => {
    const rng = new Rng(3);
    rng.u32();
    rng.normal();
    const saved = JSON.parse(JSON.stringify(rng.state));
    expect([rng.normal(), rng.u32()]).toEqual(restoredDraws(saved));
  });

  it("spends whole blocks on normals, so that no uniform shares bits with one", () => {
    const rng = new Rng(3);
    rng.u32();
    rng.normal();
    expect(rng.state.counter).toBe(4);
  });

  it("draws integers without bias, also where 2³² is no multiple", () => {
    const rng = new Rng(11);
    const n = 3 * 2 ** 30; // a plain modulo would give the first third twice as often: 1/2 instead of 1/3
    const draws = 3000;
    let low = 0;
    for (let i = 0; i < draws; i++) if (rng.int(n) < 2 ** 30) low++;
    expect(Math.abs(low / draws - 1 / 3)).toBeLessThan(5 * Math.sqrt(2 / 9 / draws));
    expect(rng.int(1)).toBe(0);
  });

  it("shuffles a copy into every order, evenly", () => {
    const rng = new Rng(2);
    const counts = new Map<string, number>();
    const items = ["a", "b", "c"];
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle(items).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(items).toEqual(["a", "b", "c"]);
    expect(counts.size).toBe(6);
    // A count is binomial(6000, 1/6): standard deviation 28.9.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 28.9);
  });

  it("chooses elements of the array", () => {
    const rng = new Rng(4);
    const seen = new Set(Array.from({ length: 60 }, () => rng.choice([1, 2, 3])));
    expect(seen).toEqual(new Set([1, 2, 3]));
  });

  it("refuses seeds, labels, ranges and states that are not integers in range", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => new Rng(seed)).toThrow(ConfigError);
    expect(() => new Rng({ key: [2 ** 32, 0], counter: 0 })).toThrow(ConfigError);
    expect(() => new Rng({ key: [0, 0], counter: -1 })).toThrow(ConfigError);
    const rng = new Rng(0);
    for (const bad of [-1, 1.5, 2 ** 32]) expect(() => rng.fork(bad)).toThrow(ConfigError);
    for (const bad of [0, 2.5, 2 ** 32 + 1]) expect(() => rng.int(bad)).toThrow(ConfigError);
    expect(() => rng.choice([])).toThrow(ConfigError);
  });
});

function draw(rng: Rng): number[] {
  return Array.from({ length: 4 }, () => rng.u32());
}

function restoredDraws(state: ConstructorParameters<typeof Rng>[0]): number[] {
  const rng = new Rng(state);
  return [rng.normal(), rng.u32()];
}

function moments(values: Float32Array): { mean: number; variance: number; fourth: number } {
  let mean = 0;
  for (const v of values) mean += v / values.length;
  let second = 0;
  let fourth = 0;
  for (const v of values) {
    second += (v - mean) ** 2 / values.length;
    fourth += (v - mean) ** 4 / values.length;
  }
  return { mean, variance: second, fourth: fourth / second ** 2 };
}
