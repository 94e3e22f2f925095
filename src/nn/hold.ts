// Who holds a model: one method at a time, which gives it back in the modes that it had.
import { ConfigError } from "../tensor/index.js";
import { savedModes } from "./modes.js";
import type { Module } from "./module.js";

/** By module and filter, what holds it. By module, since two models may share one. */
const holders = new WeakMap<object, { readonly name: string }>();

/** A model, and the filter of a method, in the hands of `holder` alone until `release()`. */
export class Hold {
  readonly #held: readonly object[];
  readonly #restoreModes: () => void;

  /** Throws ConfigError when something else holds part of it; then nothing has changed. */
  constructor(holder: { readonly name: string }, model: Module, filter: object | null = null) {
    const modules = [...model.namedModules()].map(([, module]) => module);
    this.#held = filter ? [...modules, filter] : modules;
    for (const held of this.#held) {
      const other = holders.get(held);
      if (!other) continue;
      const what = held === filter ? "filter" : "model";
      throw new ConfigError(
        `${other.name} holds this ${what}, and two would mix what they learn`,
        `dispose() of ${other.name} first, which gives the ${what} back, or make another ${what}`,
      );
    }
    for (const held of this.#held) holders.set(held, holder);
    this.#restoreModes = savedModes(model);
  }

  /** Gives everything back: anyone can hold it now. */
  release(): void {
    this.#restoreModes();
    for (const held of this.#held) holders.delete(held);
  }
}
