// The last states of what learns, so that steps can be taken back.
import { ConfigError, keep, type Tensor } from "../tensor/index.js";

/** Values by name. */
export type Snapshot = ReadonlyMap<string, Tensor>;

/** The values of `state` now. References, not copies: updates write new memory. Lives until `drop`. */
export function snapshot(state: Snapshot): Snapshot {
  return new Map([...state].map(([name, live]) => [name, keep(live.detach())]));
}

export function drop(snapshot: Snapshot): void {
  for (const value of snapshot.values()) value.dispose();
}

/** At most `limit` snapshots, newest last; a further one pushes out the oldest. Owns them. */
export class History {
  readonly #snapshots: Snapshot[] = [];

  constructor(readonly limit: number) {}

  push(snapshot: Snapshot): void {
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > this.limit) drop(this.#snapshots.shift() as Snapshot);
  }

  /** The snapshot from before the last `steps` pushes, now the caller's; later ones are dropped. Throws ConfigError. */
  take(steps: number): Snapshot {
    const kept = this.#snapshots.length;
    if (!Number.isInteger(steps) || steps < 1 || steps > kept) {
      const help = this.limit === 0 ? "make the method with { history: n }" : `the history holds at most ${this.limit}`;
      throw new ConfigError(`rollback: ${steps} steps of the ${kept} that are remembered`, help);
    }
    const [wanted, ...later] = this.#snapshots.splice(kept - steps);
    for (const snapshot of later) drop(snapshot);
    return wanted;
  }

  clear(): void {
    for (const snapshot of this.#snapshots.splice(0)) drop(snapshot);
  }

  get length(): number {
    return this.#snapshots.length;
  }
}
