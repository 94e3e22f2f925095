// The twelve corruptions of the digits, after MNIST-C (Mu and Gilmer 2019): seeded, with the same bytes everywhere.
import { ConfigError, ShapeError } from "../../tensor/errors.js";
import type { Rng } from "../../tensor/rng.js";
import { rotate, scale, shear, translate } from "./affine.js";
import { brightness } from "./brightness.js";
import type { Corruption, Severity } from "./corruption.js";
import { fog } from "./fog.js";
import { glassBlur } from "./glassBlur.js";
import { PIXELS, SIZE } from "./grid.js";
import { impulseNoise } from "./impulseNoise.js";
import { motionBlur } from "./motionBlur.js";
import { shotNoise } from "./shotNoise.js";
import { spatter } from "./spatter.js";
import { stripe } from "./stripe.js";

export type { Corruption, Severity };

/** Every corruption by its name, with the parameters of each severity. */
export const CORRUPTIONS = {
  shotNoise,
  impulseNoise,
  glassBlur,
  motionBlur,
  shear,
  scale,
  rotate,
  brightness,
  translate,
  stripe,
  fog,
  spatter,
} satisfies Record<string, Corruption>;

/** A corruption by name; `CORRUPTION_NAMES` lists them. */
export type CorruptionName = keyof typeof CORRUPTIONS;

/** The names, in the order of the tables. */
export const CORRUPTION_NAMES: readonly CorruptionName[] = Object.freeze(Object.keys(CORRUPTIONS) as CorruptionName[]);

/** Whether the corruptions apply to images of this size: 28 × 28 grey bytes. */
export function isCorruptible(size: { height: number; width: number; channels: number }): boolean {
  return size.height === SIZE && size.width === SIZE && size.channels === 1;
}

/** Throws ConfigError on an unknown name or severity. */
export function checkCorruption(owner: string, name: string, severity: number): void {
  if (!Object.hasOwn(CORRUPTIONS, name)) {
    throw new ConfigError(`${owner}: unknown corruption "${name}"`, `known: ${CORRUPTION_NAMES.join(", ")}`);
  }
  if (Number.isInteger(severity) && severity >= 1 && severity <= 5) return;
  throw new ConfigError(`${owner}: unknown severity ${severity}`, "severities are 1 to 5");
}

/**
 * A corrupted copy of a 28 × 28 grey image (784 bytes). Takes what randomness it needs from `rng`.
 * Throws ConfigError on an unknown name or severity, ShapeError on an image of another size.
 */
export function corrupt(image: Uint8Array, name: CorruptionName, severity: Severity, rng: Rng): Uint8Array {
  checkCorruption("corrupt", name, severity);
  const corruption: Corruption = CORRUPTIONS[name];
  if (image.length !== PIXELS) {
    throw new ShapeError(`corrupt: an image of ${image.length} bytes (≠ ${PIXELS})`, "images are 28 × 28 grey bytes");
  }
  return corruption.apply(image, corruption.severities[severity - 1], rng);
}
