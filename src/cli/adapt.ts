// `zerosiam adapt`: any known model with given weights, adapted by one method on a stream of labelled images.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { checkImages, openImages } from "../data/imageFolder.js";
import type { ImageSource } from "../data/imageSet.js";
import { type Order, Stream } from "../data/streams/index.js";
import type { StreamRecorder } from "../experiments/recorder.js";
import { Runner } from "../experiments/runner.js";
import { writeFileAtomic } from "../nn/index.js";
import { MODELS, modelEntry, type Normalization } from "../nn/models/registry.js";
import { percent, perImage } from "../report/format.js";
import { ConfigError, memory } from "../tensor/index.js";
import { METHODS } from "../zerosiam/methods/index.js";
import { type MethodSettings, makeMethod } from "./lib/makeMethod.js";
import { addMethodFlags, checkMethodFlags } from "./lib/methodFlags.js";
import {
  ANY,
  COUNT,
  type CommonOptions,
  nameFlag,
  numberFlag,
  numbersFlag,
  POSITIVE,
  RATE,
  SEED,
} from "./lib/options.js";
import { checkWritable } from "./lib/output.js";
import { loadProgress, remaining, saveProgress, saving } from "./lib/resume.js";
import { runStream } from "./lib/runStream.js";
import { type Session, withSession } from "./lib/session.js";

interface AdaptOptions extends CommonOptions, MethodSettings {
  data: string;
  order: Order;
  mean?: number[];
  std?: number[];
  seed: number;
  limit?: number;
  save?: string;
  saveEvery?: number;
  resume?: string;
  predictions?: string;
}

const ORDERS: readonly Order[] = ["as-is", "class", "shuffle"];

export function addAdapt(program: Command): void {
  const command = program
    .command("adapt")
    .description("adapt a model on a stream of labelled images")
    .addOption(nameFlag("--model <name>", MODELS.join(", "), MODELS).makeOptionMandatory())
    .requiredOption("--weights <file>", "safetensors with PyTorch's key names")
    .requiredOption("--data <path>", "a stream file (images U8 [N, H, W, C], labels [N]) or a folder of them")
    .addOption(nameFlag("--method <name>", METHODS.join(", "), METHODS).makeOptionMandatory())
    .addOption(numberFlag("--lr <rate>", "of the normalisation parameters", RATE).default(1e-3))
    .addOption(numberFlag("--batch <n>", "images per step; the last batch may be smaller", COUNT).default(64))
    .addOption(nameFlag("--order <name>", "as-is, class (stable, ascending) or shuffle", ORDERS).default("as-is"))
    .addOption(
      numbersFlag("--mean <a,b,c>", "subtracted from x/255, per channel or for all (default: the model's)", ANY),
    )
    .addOption(numbersFlag("--std <a,b,c>", "divided by, per channel or for all (default: the model's)", POSITIVE))
    .addOption(numberFlag("--seed <n>", "of the order, DeYO's shuffles and random predictors", SEED).default(0))
    .addOption(numberFlag("--limit <n>", "first images of the data, at most", COUNT))
    .option("--save <file>", "the adapted state: parameters, predictor, optimisers")
    .addOption(numberFlag("--save-every <n>", "batches after which to save, beside the end (needs --save)", COUNT))
    .option("--resume <file>", "start from a saved state, after the images that it has seen of this same stream")
    .option("--predictions <file>", "CSV: image, label, prediction")
    .action(async (options: AdaptOptions) => {
      checkMethodFlags(options.method, options);
      if (options.saveEvery !== undefined && options.save === undefined) {
        throw new ConfigError("--save-every: there is no --save", "name the file with --save");
      }
      await checkWritable("--save", options.save);
      await checkWritable("--predictions", options.predictions);
      await withSession("adapt", options, (session) => adapt(session, options));
    });
  addMethodFlags(command);
}

async function adapt(session: Session, options: AdaptOptions): Promise<void> {
  using set = await openImages(options.data);
  checkImages(options.data, set, options.model);
  const { mean, std } = modelEntry(options.model).normalization;
  const normalization = { mean: options.mean ?? mean, std: options.std ?? std };
  using made = await makeMethod(options, normalization);
  const { method, guard } = made;
  const stream = streamOf(set, normalization, options);
  const position = options.resume === undefined ? null : await loadProgress(options.resume, made);
  const { batches, shown } = remaining(stream, position);
  const before = shown.images;
  const total = stream.length - before;
  const seen = before > 0 ? `, after ${before} that were seen before` : "";
  const nothingLeft = before > 0 && total === 0;
  const other =
    position && before === 0 ? ", all of them: the state was saved on another stream or between its batches" : "";
  if (nothingLeft) session.say(`${method.name}: nothing is left to do: all ${before} images were seen before`);
  else session.say(`${method.name}: ${total} images in batches of ${options.batch}${seen}${other}`);
  session.say(`${normalizationText(normalization, options)}\n`);
  const runner = new Runner(method, total, guard);
  const save = async () => {
    if (options.save !== undefined) await saveProgress(options.save, made, shown, session.interrupt.requested);
  };
  const shownBatches = saving(shown.counting(batches), options.saveEvery ?? Number.POSITIVE_INFINITY, save);
  await runStream(shownBatches, [runner], session.view([method.name], total), session.interrupt);
  const { recorder, secondsPerImage, notUpdated } = runner;
  const pace = `${perImage(secondsPerImage)} per image`;
  if (!nothingLeft) session.say(`\naccuracy ${percent(recorder.accuracy)} on ${recorder.n} images, ${pace}`);
  if (notUpdated > 0) session.say(`${notUpdated} batches were not learned from: their gradient was not finite`);
  // What the run that saw the images wrote is not replaced by what one without any would write.
  const isKept = (path: string): boolean => {
    const kept = nothingLeft && existsSync(path);
    if (kept) session.say(`${path} stays as it is`);
    return kept;
  };
  const { json, adapter: _, seed, ...settings } = options;
  const { predictions } = options;
  if (predictions !== undefined && !isKept(predictions)) await writePredictions(predictions, stream, before, recorder);
  const common = session.common(seed, { ...settings, ...normalization, startedAfter: before });
  const results = {
    method: method.name,
    accuracy: recorder.accuracy,
    n: recorder.n,
    calibrationError: recorder.total.calibrationError,
    perBatch: recorder.rows,
    secondsPerImage,
    peakBytes: memory().peakBytes,
    notUpdated,
    ...(options.alarm && { warnings: runner.warnings }),
  };
  if (json !== undefined && !isKept(json)) await session.save(common, results);
  // Last: a state that has seen all images says that the files beside it are there.
  const isOwn = options.resume !== undefined && resolve(options.resume) === resolve(options.save ?? "");
  if (!(nothingLeft && isOwn)) await save();
}

function streamOf(set: ImageSource, normalization: Normalization, { order, batch, seed, limit }: AdaptOptions): Stream {
  return new Stream({ set, order, batchSize: batch, seed, normalization, ...(limit === undefined ? {} : { limit }) });
}

/** Which normalisation is used, and whose it is. */
function normalizationText({ mean, std }: Normalization, options: AdaptOptions): string {
  const whose = (flag: "mean" | "std") => (options[flag] ? `--${flag}` : `of ${options.model}`);
  return `normalised by mean ${mean.join(", ")} (${whose("mean")}) and std ${std.join(", ")} (${whose("std")})`;
}

/** In the order of the stream: the image's index in the data, its label, and the answer (−1: logits not finite). */
async function writePredictions(path: string, stream: Stream, before: number, { predictions }: StreamRecorder) {
  const lines = predictions.map((prediction, i) => {
    const { image, label } = stream.sample(before + i);
    return `${image},${label},${prediction}\n`;
  });
  await writeFileAtomic(path, `image,label,prediction\n${lines.join("")}`);
}
