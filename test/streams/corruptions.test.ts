// The corruptions: the same bytes everywhere, stronger with severity, seeded, and refusing what is no digit.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { CORRUPTION_NAMES, type CorruptionName, corrupt, type Severity } from "../../src/data/corruptions/index.js";
import { loadDigits } from "../../src/data/digits.js";
import { ConfigError, ShapeError } from "../../src/tensor/errors.js";
import { Rng } from "../../src/tensor/rng.js";

const SEVERITIES: readonly Severity[] = [1, 2, 3, 4, 5];
let digits: Uint8Array[];
beforeAll(async () => {
  const { images } = await loadDigits("validation");
  digits = Array.from({ length: 20 }, (_, i) => images.slice(i * 784, (i + 1) * 784));
});

/** The twenty digits corrupted, each by its own fork. */
function corrupted(name: CorruptionName, severity: Severity, seed = 1): Uint8Array[] {
  return digits.map((image, i) => corrupt(image, name, severity, new Rng(seed).fork(name).fork(i)));
}

/** Mean absolute change of a pixel. */
function distance(images: readonly Uint8Array[]): number {
  let sum = 0;
  for (const [i, image] of images.entries()) {
    for (const [j, value] of image.entries()) sum += Math.abs(value - digits[i][j]);
  }
  return sum / (images.length * 784);
}

describe("the corruptions", () => {
  it("are twelve", () => {
    expect(CORRUPTION_NAMES.length).toBe(12);
  });

  it("give the stored bytes for every severity (after a change of parameters: vitest -u)", async () => {
    const lines = CORRUPTION_NAMES.flatMap((name) =>
      SEVERITIES.map((severity) => {
        const hash = createHash("sha256");
        for (const image of corrupted(name, severity)) hash.update(image);
        return `${name} ${severity} ${hash.digest("hex")}\n`;
      }),
    );
    await expect(lines.join("")).toMatchFileSnapshot("corruptions.sha256.txt");
  });

  // Up to 3: a digit moved by more than its own width overlaps nothing, and a longer way changes no more pixels.
  it.each(CORRUPTION_NAMES)("%s changes the image more as severity grows, and leaves its input alone", (name) => {
    const before = digits.map((image) => image.slice());
    const distances = SEVERITIES.map((severity) => distance(corrupted(name, severity)));
    expect(digits).toEqual(before);
    expect(distances[0]).toBeGreaterThan(0.5);
    for (let i = 1; i < 3; i++) expect(distances[i]).toBeGreaterThan(distances[i - 1]);
    for (let i = 3; i < 5; i++) expect(distances[i]).toBeGreaterThan(distances[1]);
  });

  it.each(CORRUPTION_NAMES)("%s repeats with its seed, and varies with it unless it is deterministic", (name) => {
    expect(corrupted(name, 3)).toEqual(corrupted(name, 3));
    const varies = distance(corrupted(name, 3)) !== distance(corrupted(name, 3, 2));
    expect(varies).toBe(name !== "scale" && name !== "brightness");
  });
});

describe("corrupt", () => {
  it("refuses names and severities that it does not know, and images of other sizes", () => {
    const image = new Uint8Array(784);
    const rng = new Rng(0);
    const unknown: string = "toString";
    expect(() => corrupt(image, unknown as CorruptionName, 1, rng)).toThrow(ConfigError);
    for (const severity of [0, 6, 1.5, Number.NaN]) {
      expect(() => corrupt(image, "fog", severity as Severity, rng)).toThrow(ConfigError);
    }
    expect(() => corrupt(new Uint8Array(783), "fog", 1, rng)).toThrow(ShapeError);
  });
});
