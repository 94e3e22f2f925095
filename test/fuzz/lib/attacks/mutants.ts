// Saved tensors with one thing wrong: names, shapes, dtypes or values.
import { DTYPE_BYTES, type StoredDType, type StoredTensor, sizeInBytes } from "../../../../src/nn/io/safetensors.js";
import type { Rng } from "../../../../src/tensor/index.js";

export type Entry = readonly [name: string, stored: StoredTensor];

const VALUES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, -3.4e38, 1e-45, -0, 1e20, -1];
const NAMES = ["", "__proto__", "constructor", "x", "a.b", "rateScale", "model..weight", "\u0000", "é"];
const PREFIXES = ["module.", "model.", "net.", "state_dict.", "x."];
const DTYPES = Object.keys(DTYPE_BYTES) as StoredDType[];

/** Another entry in place of one of them, or in no place for null. */
function withOne(entries: readonly Entry[], rng: Rng, change: (entry: Entry) => Entry | null): Entry[] {
  if (entries.length === 0) return [];
  const at = rng.int(entries.length);
  const changed = change(entries[at]);
  return [...entries.slice(0, at), ...(changed ? [changed] : []), ...entries.slice(at + 1)];
}

/** Of this shape and dtype, with bytes at random: of floats mostly finite ones. */
function random(rng: Rng, shape: readonly number[], dtype: StoredDType): StoredTensor {
  const data = new Uint8Array(sizeInBytes({ shape, dtype }));
  return { dtype, shape, data: dtype === "BOOL" ? data : data.map(() => rng.int(256)) };
}

/** With `value` as one of its numbers; what is no F32 stays. */
function poisoned(rng: Rng, { dtype, shape, data }: StoredTensor, value: number): StoredTensor {
  const copy = data.slice();
  if (dtype === "F32" && data.length > 0)
    new DataView(copy.buffer).setFloat32(4 * rng.int(data.length / 4), value, true);
  return { dtype, shape, data: copy };
}

type Change = (entries: readonly Entry[], rng: Rng, other: readonly Entry[]) => readonly Entry[];

const CHANGES: readonly Change[] = [
  (entries) => entries,
  (entries, rng) => withOne(entries, rng, () => null),
  (entries, rng) => withOne(entries, rng, ([, stored]) => [rng.choice(NAMES), stored]),
  (entries, rng) => [...entries, [rng.choice(NAMES), random(rng, [2], "F32")]],
  (entries, rng) => withOne(entries, rng, ([name, { shape, ...s }]) => [name, { ...s, shape: [...shape, 1] }]),
  (entries, rng) =>
    withOne(entries, rng, ([name, { shape, dtype }]) => [name, random(rng, [...shape].reverse(), dtype)]),
  (entries, rng) => withOne(entries, rng, ([name, { dtype }]) => [name, random(rng, [rng.int(9)], dtype)]),
  (entries, rng) => withOne(entries, rng, ([name, { shape }]) => [name, random(rng, shape, rng.choice(DTYPES))]),
  (entries, rng) => withOne(entries, rng, ([name]) => [name, rng.choice(entries)[1]]),
  (entries, rng) => withOne(entries, rng, ([name, stored]) => [name, poisoned(rng, stored, rng.choice(VALUES))]),
  (entries, rng) => withOne(entries, rng, ([name, stored]) => [name, poisoned(rng, stored, rng.normal())]),
  (entries, rng) => ((prefix) => entries.map(([name, s]): Entry => [prefix + name, s]))(rng.choice(PREFIXES)),
  (_, __, other) => other,
  () => [],
];

/** `entries` with one or two things changed, or none; each name once. `other` may stand in for all of them. */
export function mutant(entries: readonly Entry[], rng: Rng, other: readonly Entry[]): Entry[] {
  let changed = entries;
  for (let n = 1 + rng.int(2); n > 0; n--) changed = rng.choice(CHANGES)(changed, rng, other);
  return [...new Map(changed)];
}
