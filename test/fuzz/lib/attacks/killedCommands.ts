// Commands that are killed and run again by the same line: how, what shows how far they had come, and what they leave.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readResults } from "../../../../src/experiments/sweep/results.js";
import { loadSafetensors } from "../../../../src/nn/index.js";

export interface Command {
  /** The command line of a run whose files are in `folder`. */
  line(folder: string): Promise<string[]>;
  /** What the next run must say, so that it goes on from what is there now. */
  goesOn(folder: string): Promise<string>;
  /** All that is left at the end, but for times. */
  left(folder: string): Promise<unknown>;
}

const LIMIT = 60;

/** `adapt`, which saves its state after every image and writes predictions as they come. */
export function adapt(method: string): Command {
  const state = (folder: string) => join(folder, "state.safetensors");
  return {
    line: async (folder) => [
      ...["adapt", "--model", "digits", "--method", method, "--weights", "assets/digits.safetensors"],
      ...["--data", "assets/digits-test.safetensors", "--batch", "1", "--limit", String(LIMIT), "--save-every", "1"],
      ...["--checkpoint", state(folder), "--predictions", join(folder, "p.csv"), "--json", join(folder, "r.json")],
    ],
    async goesOn(folder) {
      if (!existsSync(state(folder))) return `${LIMIT} images in batches of 1\n`;
      const images = Number((await loadSafetensors(state(folder))).metadata.get("images"));
      const left = LIMIT - images;
      return left === 0 ? "nothing is left to do" : `${left} images in batches of 1, after ${images} that were seen`;
    },
    async left(folder) {
      const { tensors, metadata } = await loadSafetensors(state(folder));
      const predictions = await readFile(join(folder, "p.csv"), "utf8");
      const { n, accuracy, perBatch } = JSON.parse(await readFile(join(folder, "r.json"), "utf8"));
      return {
        tensors,
        metadata: [...metadata].filter(([name]) => name !== "seconds"),
        predictions,
        n,
        accuracy,
        perBatch,
      };
    },
  };
}

/** Four cells of two digits under twelve corruptions. */
const CONFIG = {
  model: "digits",
  weights: resolve("assets/digits.safetensors"),
  data: { validation: resolve("assets/digits-validation.safetensors") },
  grids: [
    {
      ...{ methods: ["source", "zerosiam"], streams: "class-ordered", parts: "validation", seeds: 2 },
      ...{ rates: 1e-3, predictorRatio: 10, options: { limit: 2 } },
    },
  ],
};

/** `sweep`, which adds a line for each cell. */
export const sweep: Command = {
  async line(folder) {
    const config = join(folder, "sweep.json");
    await writeFile(config, JSON.stringify(CONFIG));
    return ["sweep", config, "--out", join(folder, "cells.jsonl")];
  },
  goesOn: async (folder) => `4 cells: ${(await readResults(join(folder, "cells.jsonl"))).cells.length} in`,
  async left(folder) {
    const { cells, torn } = await readResults(join(folder, "cells.jsonl"));
    const timeless = (key: string, value: unknown) => (key.startsWith("seconds") ? undefined : value);
    return { torn, cells: JSON.parse(JSON.stringify(cells, timeless)) };
  },
};
