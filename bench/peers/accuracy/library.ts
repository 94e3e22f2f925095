// What the comparison of accuracy asks of each library: a function of a golden fixture, its result and its gradients.
import type { FixtureAttrs } from "../../../src/parity/opCalls.js";
import type { HostArray } from "../library.js";

/** The fixtures' attributes that the functions of the libraries take. */
export interface PeerAttrs extends FixtureAttrs {
  readonly approximate: "none" | "tanh";
}

/** A case of the fixtures on the host. */
export interface AccuracyCase {
  /** The fixture's name of the computation. */
  readonly op: string;
  readonly attrs: PeerAttrs;
  readonly inputs: Readonly<Record<string, HostArray>>;
  /** Inputs whose gradients of Σ y·gy are asked for. */
  readonly leaves: readonly string[];
  readonly gy: HostArray | null;
}

export interface AccuracyResult {
  readonly y: ArrayLike<number>;
  /** In the order of the leaves; null where the library has no derivative. */
  readonly gradients: readonly ArrayLike<number>[] | null;
}

export interface AccuracyLibrary {
  readonly name: string;
  /** Null where the library has no such function. Throws what the library throws. */
  run(one: AccuracyCase): Promise<AccuracyResult | null>;
}

/** A library's functions by the fixtures' names; null where the attributes are none that it knows. */
export type Functions<T> = Readonly<Record<string, (t: Readonly<Record<string, T>>, attrs: PeerAttrs) => T | null>>;
