// What adaptation changes, by name, with where it began and the way back: parameters, optimisers, averages, rates.

import { drop, History, type Snapshot, snapshot } from "../../nn/history.js";
import { assignAll, checkRates, type Optimizer, type Parameter, SGD, type Update } from "../../nn/index.js";
import { matchState } from "../../nn/state.js";
import { ConfigError, deviceOf, keep, noGrad, scope, type Tensor, tensor } from "../../tensor/index.js";

export class MethodState {
  /** What steps change beside the optimisers, by name, and its values at the start. */
  readonly #live = new Map<string, Tensor>();
  readonly #start = new Map<Tensor, Tensor>();
  readonly #own: Tensor[] = [];
  readonly #optimizers = new Map<string, Optimizer>();
  readonly #history: History;
  /** A factor on all rates. Absent where nothing adapts. */
  #rateScale: Tensor | null = null;

  /** @param history steps that `rollback` can take back. Throws ConfigError unless it is an integer ≥ 0. */
  constructor(history: number) {
    if (!Number.isSafeInteger(history) || history < 0) {
      throw new ConfigError(`Method: history is ${history}`, "use an integer ≥ 0: how many steps can be taken back");
    }
    this.#history = new History(history);
  }

  /** Adds parameters that an optimiser of its own changes. */
  registerParameters(prefix: string, parameters: ReadonlyMap<string, Parameter>, optimizer: Optimizer): void {
    this.#rateScale ??= keep(tensor(1, null, { device: deviceOf(parameters.values()) }));
    this.#optimizers.set(prefix, optimizer);
    this.#add(prefix, parameters);
  }

  /** Takes over other tensors. */
  registerBuffers(prefix: string, tensors: ReadonlyMap<string, Tensor>): void {
    this.#own.push(...tensors.values());
    this.#add(prefix, tensors);
  }

  #add(prefix: string, tensors: ReadonlyMap<string, Tensor>): void {
    for (const [name, live] of tensors) {
      this.#live.set(`${prefix}.${name}`, live);
      this.#start.set(live, keep(live.detach()));
    }
  }

  /** The value at the start of a tensor that was added; undefined of others, optimisers' among them. */
  start(live: Tensor): Tensor | undefined {
    return this.#start.get(live);
  }

  /** SGD's rate of the model's parameters; null of another optimiser, or none. */
  get rate(): number | null {
    const optimizer = this.#optimizers.get("model");
    return optimizer instanceof SGD ? optimizer.lr : null;
  }

  zeroGrad(): void {
    for (const optimizer of this.#optimizers.values()) optimizer.zeroGrad();
  }

  /** What a step of all optimisers changes, where `ok`, and to what: see `Optimizer.updates`. */
  updates(ok: Tensor): Update[] {
    return [...this.#optimizers.values()].flatMap((optimizer) => optimizer.updates(ok));
  }

  /** What steps change, by name. */
  #changing(): Map<string, Tensor> {
    const state = new Map(this.#live);
    for (const [prefix, optimizer] of this.#optimizers) {
      for (const [name, value] of optimizer.state()) state.set(`optimizer.${prefix}.${name}`, value);
    }
    return state;
  }

  /** All that is saved: the live tensors, not copies. */
  all(): Map<string, Tensor> {
    return this.#rateScale ? this.#changing().set("rateScale", this.#rateScale) : this.#changing();
  }

  /** Takes over saved values, all or none, and forgets the history. Throws CheckpointError, OutOfMemoryError. */
  load(owner: string, saved: ReadonlyMap<string, Tensor>): void {
    let named = saved;
    for (const [prefix, optimizer] of this.#optimizers) named = optimizer.currentNames(named, `optimizer.${prefix}.`);
    const { updates } = matchState(owner, this.all(), named);
    scope(() => assignAll([...updates, ...this.#rates(named.get("rateScale") ?? null)]));
    this.#history.clear();
  }

  /** The values now, without the rates. */
  snapshot(): Snapshot {
    return snapshot(this.#changing());
  }

  /** Goes back to a snapshot, and drops it. */
  restore(saved: Snapshot): void {
    for (const [name, live] of this.#changing()) live.assign(saved.get(name) as Tensor);
    drop(saved);
  }

  /** Adds a snapshot to the history, which owns it then. */
  remember(before: Snapshot): void {
    this.#history.push(before);
  }

  get history(): number {
    return this.#history.limit;
  }

  get remembered(): number {
    return this.#history.length;
  }

  rollback(steps: number): void {
    this.restore(this.#history.take(steps));
  }

  /** Values as they were at first; rates and history stay. Throws OutOfMemoryError, and then nothing has changed. */
  restart(): void {
    scope(() => assignAll(this.#beginning()));
  }

  /** Everything as it was at first. Throws OutOfMemoryError, and then nothing has changed. */
  reset(): void {
    scope(() => {
      const unscaled = this.#rateScale && tensor(1, null, { device: this.#rateScale.device });
      assignAll([...this.#beginning(), ...this.#rates(unscaled)]);
    });
    this.#history.clear();
  }

  #beginning(): Update[] {
    return [...this.#start, ...[...this.#optimizers.values()].flatMap((optimizer) => optimizer.initialState())];
  }

  scaleRates(owner: string, factor: number): void {
    checkRates(owner, { factor });
    scope(() => assignAll(this.#rates(this.#rateScale && noGrad(() => (this.#rateScale as Tensor).mul(factor)))));
  }

  /** What makes `scale` the factor on all rates. */
  #rates(scale: Tensor | null): Update[] {
    if (!this.#rateScale || !scale) return [];
    const rates = [...this.#optimizers.values()].map((optimizer) => optimizer.scaledRate(scale));
    return [[this.#rateScale, scale], ...rates];
  }

  /** Puts the values at the start back, of what still is, and frees all that is not the model's. */
  dispose(): void {
    for (const [live, value] of this.#start) {
      if (!live.disposed && !value.disposed) live.assign(value);
      value.dispose();
    }
    for (const tensor of this.#own) tensor.dispose();
    for (const optimizer of this.#optimizers.values()) optimizer.dispose();
    this.#history.clear();
    this.#rateScale?.dispose();
  }
}
