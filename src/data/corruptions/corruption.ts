// What a corruption is.
import type { Rng } from "../../tensor/rng.js";

/** How far a corruption has gone: 1 is mild, 5 is strong. */
export type Severity = 1 | 2 | 3 | 4 | 5;

/** A seeded distortion of a 28 × 28 grey image; `Key` are the names of its parameters. */
export interface Corruption<Key extends string = string> {
  /** One sentence: what it imitates, and what the parameters mean. */
  readonly doc: string;
  /** Parameters of severity 1 to 5, set on the validation part: at 5 the source model keeps 0.5 to 0.7 of its answers. */
  readonly severities: readonly [Params<Key>, Params<Key>, Params<Key>, Params<Key>, Params<Key>];
  /** The corrupted image, 784 fresh bytes, with the same bytes on every machine. */
  apply(image: Uint8Array, params: Params<Key>, rng: Rng): Uint8Array;
}

/** Values of a corruption's parameters, by name. */
export type Params<Key extends string = string> = Readonly<Record<Key, number>>;
