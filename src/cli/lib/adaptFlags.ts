// The flags of `zerosiam adapt` beside the methods' own, and which of them go together.
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { ORDER_NAMES, type Order } from "../../data/streams/index.js";
import { assetPath } from "../../nn/io/assets.js";
import { MODELS } from "../../nn/models/registry.js";
import { ConfigError } from "../../tensor/index.js";
import { METHODS } from "../../zerosiam/methods/index.js";
import type { MethodSettings } from "./makeMethod.js";
import { addMethodFlags, checkMethodFlags } from "./methodFlags.js";
import {
  ANY,
  COUNT,
  type CommonOptions,
  nameFlag,
  numberFlag,
  numbersFlag,
  POSITIVE,
  RATE,
  requireFlags,
  SEED,
} from "./options.js";

export interface AdaptOptions extends CommonOptions, MethodSettings {
  data: string;
  order: Order;
  imbalanceRatio?: number;
  concentration?: number;
  epochs: number;
  resetEach?: "file";
  evaluate?: true;
  mean?: number[];
  std?: number[];
  seed: number;
  limit?: number;
  save?: string;
  saveEvery?: number;
  resume?: string;
  checkpoint?: string;
  predictions?: string;
}

/** Batches after which `--checkpoint` saves where nothing else is said. */
const SAVE_EVERY = 16;

export function addAdaptFlags(command: Command): void {
  command
    .addOption(nameFlag("--model <name>", `needed: ${MODELS.join(", ")}`, MODELS))
    .option("--weights <file>", "needed: safetensors with PyTorch's key names")
    .option("--data <path>", "needed: a stream file (images U8 [N, H, W, C], labels [N] if known) or a folder of them")
    .addOption(nameFlag("--method <name>", `needed: ${METHODS.join(", ")}`, METHODS))
    .addOption(numberFlag("--lr <rate>", "of the normalisation parameters", RATE).default(1e-3))
    .addOption(numberFlag("--batch <n>", "images per step; the last batch may be smaller", COUNT).default(64))
    .addOption(nameFlag("--order <name>", `${ORDER_NAMES.join(", ")}`, ORDER_NAMES).default("as-is"))
    .addOption(numberFlag("--imbalance-ratio <r>", "of --order imbalanced (default: infinite)", { min: 1 }))
    .addOption(numberFlag("--concentration <x>", "of --order dirichlet (default: 0.1)", POSITIVE))
    .addOption(numberFlag("--epochs <n>", "passes over the data, each in the same order", COUNT).default(1))
    .addOption(
      nameFlag("--reset-each <what>", "file: start anew on each file of the folder, and tell each accuracy", ["file"]),
    )
    .option("--evaluate", "answer all images once more when all is learnt, without learning from them")
    .addOption(
      numbersFlag("--mean <a,b,c>", "subtracted from x/255, per channel or for all (default: the model's)", ANY),
    )
    .addOption(numbersFlag("--std <a,b,c>", "divided by, per channel or for all (default: the model's)", POSITIVE))
    .addOption(numberFlag("--seed <n>", "of the order, DeYO's shuffles and random predictors", SEED).default(0))
    .addOption(numberFlag("--limit <n>", "first images of the data (with --reset-each, of each file), at most", COUNT))
    .option("--save <file>", "the adapted state: parameters, predictor, optimisers, and what was answered")
    .addOption(numberFlag("--save-every <n>", "batches after which to save, beside the end", COUNT))
    .option("--resume <file>", "start from a saved state, after the images that it has seen of this same stream")
    .option(
      "--checkpoint <file>",
      `save here every ${SAVE_EVERY} batches, and go on from it where it is there: the same line can be run again`,
    )
    .option("--predictions <file>", "CSV, written as they come: image, label, prediction");
  addMethodFlags(command);
}

/** The flags as they are used. Throws ConfigError for what is missing, or does not go together. */
export async function checkAdaptFlags(flags: AdaptOptions): Promise<AdaptOptions> {
  requireFlags("adapt", flags, ["model", "weights", "data", "method"]);
  checkMethodFlags(flags.method, flags);
  const { checkpoint, save, resume, saveEvery, order, resetEach } = flags;
  const refuse = (what: string, help: string): never => {
    throw new ConfigError(what, help);
  };
  if (checkpoint !== undefined && (save ?? resume) !== undefined) {
    refuse(`--checkpoint: not with ${save === undefined ? "--resume" : "--save"}`, "it is both in one");
  }
  if (saveEvery !== undefined && (save ?? checkpoint) === undefined) {
    refuse("--save-every: there is no --save", "name the file with --save or --checkpoint");
  }
  if (flags.imbalanceRatio !== undefined && order !== "imbalanced") {
    refuse(`--imbalance-ratio: not with --order ${order}`, "use --order imbalanced");
  }
  if (flags.concentration !== undefined && order !== "dirichlet") {
    refuse(`--concentration: not with --order ${order}`, "use --order dirichlet");
  }
  if (resetEach && flags.evaluate) {
    refuse("--evaluate: not with --reset-each", "at the end the method knows the last file alone");
  }
  const [weights, data] = await Promise.all([shipped(flags.weights), shipped(flags.data)]);
  const fisher = flags.fisher === undefined ? {} : { fisher: await shipped(flags.fisher) };
  return { ...flags, ...fisher, weights, data, ...(checkpoint && { saveEvery: saveEvery ?? SAVE_EVERY }) };
}

/** `assets/…` is what ships with the package, where the working folder has no such file. */
async function shipped(path: string): Promise<string> {
  const [first, ...rest] = path.split(/[/\\]/); // as Windows writes it, too
  return first === "assets" && !existsSync(path) ? assetPath(rest.join("/")) : path;
}
