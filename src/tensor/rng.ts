// Seeded random numbers by counter: Threefry-2x32, 20 rounds, with the same bits in JavaScript and in WGSL.
//
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). There is no hidden state: a number is a
// function of a key and a position. The rule, the same in both languages: element i of the stream of a key is word
// i mod 2 of threefry2x32(key, [⌊i/2⌋ mod 2³², ⌊i/2³³⌋]). Kernels index with u32, so their second counter word is 0.
import { formatValue } from "./arguments.js";
import { ConfigError } from "./errors.js";

/** Two u32 words: a key, a counter or a block of output. */
export type Words = readonly [number, number];

/** Where an Rng stands: its key, and the index of the element it takes next. */
export interface RngState {
  readonly key: Words;
  readonly counter: number;
}

const TWO_32 = 2 ** 32;
const TWO_M24 = 1 / 0x1000000;
const SKEIN_PARITY = 0x1bd11bda;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** 20 rounds of Threefry-2x32: the block of two u32 at `counter`. Inputs are taken modulo 2³². */
export function threefry2x32(key: Words, counter: Words): [number, number] {
  const schedule = [key[0], key[1], SKEIN_PARITY ^ key[0] ^ key[1]];
  let x = (counter[0] + key[0]) | 0;
  let y = (counter[1] + key[1]) | 0;
  for (let group = 1; group <= 5; group++) {
    for (const r of ROTATIONS[(group - 1) % 2]) {
      x = (x + y) | 0;
      y = ((y << r) | (y >>> (32 - r))) ^ x;
    }
    x = (x + schedule[group % 3]) | 0;
    y = (y + schedule[(group + 1) % 3] + group) | 0;
  }
  return [x >>> 0, y >>> 0];
}

/** Block that holds element `i` of the stream of `key`. */
function blockAt(key: Words, i: number): [number, number] {
  const block = Math.floor(i / 2);
  return threefry2x32(key, [block >>> 0, Math.floor(block / TWO_32)]);
}

/** 24 bits make a float32 in [0, 1) exactly. */
function toUniform(word: number): number {
  return (word >>> 8) * TWO_M24;
}

/** Box–Muller: two independent normals of one block. The angle lies in [−π, π), where WGSL bounds the error of cos. */
function toNormals([a, b]: Words): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(((a >>> 8) + 1) * TWO_M24));
  const angle = 2 * Math.PI * (toUniform(b) - 0.5);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** The first `n` elements of the stream of `key`. */
export function randomU32(key: Words, n: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(n);
  for (let i = 0; i < n; i += 2) {
    const [a, b] = blockAt(key, i);
    out[i] = a;
    if (i + 1 < n) out[i + 1] = b;
  }
  return out;
}

/** The first `n` elements of the stream of `key` as uniforms in [0, 1): top 24 bits / 2²⁴, exact in float32. */
export function randomUniform(key: Words, n: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(randomU32(key, n), toUniform);
}

/**
 * `n` standard normals: elements 2k and 2k+1 are the cosine and the sine of block k. Across platforms they agree only
 * within what `log` and `cos` do: 1e-14 in JavaScript; WGSL guarantees 4e-3 (5e-6 on lavapipe, 8e-4 on SwiftShader).
 */
export function randomNormal(key: Words, n: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const [a, b] = toNormals(blockAt(key, i));
    out[i] = a;
    if (i + 1 < n) out[i + 1] = b;
  }
  return out;
}

/** 32-bit FNV-1a of the UTF-8 bytes of `text`. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function isState(value: unknown): value is RngState {
  const { key } = Object(value) as Partial<RngState>;
  return Array.isArray(key) && key.length === 2;
}

/** A sequence of random numbers that can be forked, saved (`state`) and restored (`new Rng(state)`). */
export class Rng {
  /** Key of the stream, also usable with `randomU32` and in kernels. */
  readonly key: Words;
  private counter: number;

  /** @param seed an integer in [0, 2⁵³), or the saved state to go on from. Throws ConfigError. */
  constructor(seed: number | RngState) {
    if (typeof seed === "number") {
      checkInteger("seed", seed, 2 ** 53);
      this.key = [seed >>> 0, Math.floor(seed / TWO_32)];
      this.counter = 0;
    } else {
      if (!isState(seed)) {
        throw new ConfigError(`Rng: seed is ${formatValue(seed)}`, "pass an integer ≥ 0, or what state() gave");
      }
      for (const word of seed.key) checkInteger("state.key", word, TWO_32);
      checkInteger("state.counter", seed.counter, 2 ** 53);
      this.key = [seed.key[0], seed.key[1]];
      this.counter = seed.counter;
    }
  }

  /** Where the sequence stands: `new Rng(state)` goes on from there. */
  get state(): RngState {
    return { key: this.key, counter: this.counter };
  }

  /**
   * An independent sequence named by `label` (any text, or a u32). It depends on this key and the label only, not on
   * how much was drawn: its key is a block that no element reaches. Throws ConfigError.
   */
  fork(label: string | number): Rng {
    if (typeof label === "number") checkInteger("fork label", label, TWO_32);
    const counter: Words = typeof label === "number" ? [label, 0xfffffffe] : [fnv1a(label), 0xffffffff];
    return new Rng({ key: threefry2x32(this.key, counter), counter: 0 });
  }

  /** The next element: an integer in [0, 2³²). */
  u32(): number {
    const i = this.counter++;
    return blockAt(this.key, i)[i % 2];
  }

  /** A uniform in [0, 1), exact in float32; the same bits everywhere. */
  uniform(): number {
    return toUniform(this.u32());
  }

  /** A standard normal, from a whole fresh block (see `randomNormal` on its exactness). */
  normal(): number {
    const i = this.counter + (this.counter % 2);
    this.counter = i + 2;
    return toNormals(blockAt(this.key, i))[0];
  }

  /** An unbiased integer in [0, n), 1 ≤ n ≤ 2³²; draws again while the word falls in the incomplete last run of n. */
  int(n: number): number {
    checkInteger("int: n - 1", n - 1, TWO_32);
    const limit = TWO_32 - (TWO_32 % n);
    let word = this.u32();
    while (word >= limit) word = this.u32();
    return word % n;
  }

  /** One element of `items`. Throws ConfigError when there is none. */
  choice<T>(items: readonly T[]): T {
    if (items.length === 0) throw new ConfigError("choice: the array is empty", "give at least one element");
    return items[this.int(items.length)];
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle(items: Uint32Array): Uint32Array;
  shuffle<T>(items: readonly T[]): T[];
  shuffle<T>(items: readonly T[] | Uint32Array): T[] | Uint32Array {
    const out = items.slice() as T[];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }
}

function checkInteger(what: string, value: number, end: number): void {
  if (Number.isInteger(value) && value >= 0 && value < end) return;
  throw new ConfigError(`Rng ${what}: ${value} is out of range`, `use an integer in [0, ${end})`);
}

/**
 * The same generator for kernels: `threefry2x32`, and element `i` of the stream of `key` as `randomU32`,
 * `randomUniform` (both equal JavaScript's bit for bit) and `randomNormal` (within the tolerance stated there).
 */
export const THREEFRY_WGSL = /* wgsl */ `
fn threefryMix(v: vec2u, r: vec4u) -> vec2u {
  var x = v.x;
  var y = v.y;
  for (var i = 0u; i < 4u; i++) {
    x += y;
    y = ((y << r[i]) | (y >> (32u - r[i]))) ^ x;
  }
  return vec2u(x, y);
}

fn threefry2x32(key: vec2u, counter: vec2u) -> vec2u {
  const even = vec4u(13u, 15u, 26u, 6u);
  const odd = vec4u(17u, 29u, 16u, 24u);
  let parity = 0x1bd11bdau ^ key.x ^ key.y;
  var v = threefryMix(counter + key, even) + vec2u(key.y, parity + 1u);
  v = threefryMix(v, odd) + vec2u(parity, key.x + 2u);
  v = threefryMix(v, even) + vec2u(key.x, key.y + 3u);
  v = threefryMix(v, odd) + vec2u(key.y, parity + 4u);
  return threefryMix(v, even) + vec2u(parity, key.x + 5u);
}

fn randomU32(key: vec2u, i: u32) -> u32 {
  return threefry2x32(key, vec2u(i >> 1u, 0u))[i & 1u];
}

fn randomUniform(key: vec2u, i: u32) -> f32 {
  return f32(randomU32(key, i) >> 8u) * 0x1p-24f;
}

fn randomNormal(key: vec2u, i: u32) -> f32 {
  let block = threefry2x32(key, vec2u(i >> 1u, 0u)) >> vec2u(8u);
  let radius = sqrt(max(0.0, -2.0 * log(f32(block.x + 1u) * 0x1p-24f)));
  let angle = 6.2831853 * (f32(block.y) * 0x1p-24f - 0.5);
  return radius * select(cos(angle), sin(angle), (i & 1u) == 1u);
}
`;
