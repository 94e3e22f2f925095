// What a stream draws its samples from: some images of a set, each under every corruption. A sample is a number, its slot.
import { ConfigError } from "../../tensor/errors.js";
import type { Rng } from "../../tensor/rng.js";
import type { CorruptionName } from "../corruptions/index.js";

/** One image of a set, under one corruption. */
export interface Sample {
  /** Index of the image in its set. */
  readonly image: number;
  readonly corruption: CorruptionName | "clean";
  /** −1 for an image that has no right answer. */
  readonly label: number;
}

export interface PopulationOptions {
  readonly labels: Int32Array;
  readonly corruptions: readonly Sample["corruption"][];
  readonly limit: number;
  readonly pick: "first" | "draw";
}

/** Slot s is image s mod `limit` of those taken under corruption ⌊s / limit⌋; nothing is stored of a "first" population. */
export class Population {
  readonly size: number;
  private readonly perCorruption: number;
  private readonly corruptions: PopulationOptions["corruptions"];
  private readonly labels: Int32Array;
  /** Of each corruption, the images drawn; null: the first ones. */
  private readonly drawn: readonly Uint32Array[] | null;

  /** Throws ConfigError for another `pick`. */
  constructor({ labels, corruptions, limit, pick }: PopulationOptions, rng: Rng) {
    if (pick !== "first" && pick !== "draw") {
      throw new ConfigError(`stream: unknown pick ${JSON.stringify(pick)}`, "choose first or draw");
    }
    this.perCorruption = Math.min(limit, labels.length);
    this.corruptions = corruptions;
    this.labels = labels;
    this.size = this.perCorruption * corruptions.length;
    const all = (): Uint32Array => Uint32Array.from({ length: labels.length }, (_, image) => image);
    const draw = (name: string): Uint32Array => rng.fork(name).shuffle(all()).slice(0, this.perCorruption);
    this.drawn = pick === "draw" ? corruptions.map(draw) : null;
  }

  imageOf(slot: number): number {
    const at = slot % this.perCorruption;
    return this.drawn ? this.drawn[Math.floor(slot / this.perCorruption)][at] : at;
  }

  labelOf = (slot: number): number => this.labels[this.imageOf(slot)];

  sample(slot: number): Sample {
    const corruption = this.corruptions[Math.floor(slot / this.perCorruption)];
    return { image: this.imageOf(slot), corruption, label: this.labelOf(slot) };
  }
}
