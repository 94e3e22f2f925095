// `zerosiam adapt`: any known model with given weights, adapted by one method on a stream of images.
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { checkImages, openImages } from "../data/imageFolder.js";
import { isLabelled } from "../data/imageSet.js";
import { Runner } from "../experiments/runner.js";
import { modelEntry, type Normalization } from "../nn/models/registry.js";
import { percent, perImage } from "../report/format.js";
import { ConfigError, tensor } from "../tensor/index.js";
import { type AdaptOptions, addAdaptFlags, checkAdaptFlags } from "./lib/adaptFlags.js";
import { normalizationText, planText, resultsOf } from "./lib/adaptResults.js";
import { type Settings, settingsOf } from "./lib/checkpoint.js";
import { makeMethod } from "./lib/makeMethod.js";
import { checkWritable } from "./lib/output.js";
import { type PassBatch, Passes } from "./lib/passes.js";
import { PredictionsFile } from "./lib/predictions.js";
import { loadProgress, remaining, restoreFigures, saveProgress, saving } from "./lib/resume.js";
import { runStream } from "./lib/runStream.js";
import { type Session, withSession } from "./lib/session.js";

export function addAdapt(program: Command): void {
  const command = program.command("adapt").description("adapt a model on a stream of images");
  addAdaptFlags(command);
  command.action(async (flags: AdaptOptions) => {
    const options = await checkAdaptFlags(flags);
    await checkWritable("--save", options.save);
    await checkWritable("--checkpoint", options.checkpoint);
    await checkWritable("--predictions", options.predictions);
    await withSession("adapt", options, (session) => adapt(session, options));
  });
}

async function adapt(session: Session, options: AdaptOptions): Promise<void> {
  const { seed, checkpoint, predictions, json: _, adapter: __, ...settings } = options;
  using set = await openImages(options.data);
  checkImages(options.data, set, options.model);
  const { mean, std } = modelEntry(options.model).normalization;
  const normalization = { mean: options.mean ?? mean, std: options.std ?? std };
  using made = await makeMethod(options, normalization);
  const passes = passesOf(set, normalization, options);
  const runner = new Runner(made.method, passes.length, made.guard);
  const run = await settingsOf(options, options.weights);
  const before = await goOn(runner, passes, options, run);
  session.tell(`${normalizationText(normalization, options)}\n${planText(before, runner, passes, options)}\n`);
  if (!isLabelled(set)) session.tell(`${options.data}: the images have no labels, so that no accuracy is known\n`);
  const saveTo = options.save ?? checkpoint;
  const save = async (): Promise<void> => {
    const interrupted = session.interrupt.requested;
    if (saveTo !== undefined) await saveProgress(saveTo, runner, before.shown, { interrupted, settings: run });
  };
  const left = passes.length - before.images;
  await using csv = predictions === undefined ? null : new PredictionsFile(predictions, passes);
  const batches = resetting(before.shown.counting(before.batches), runner);
  const saved = saving(batches, options.saveEvery ?? Number.POSITIVE_INFINITY, save);
  await runStream(saved, [runner], session.view([runner.method.name], left), session.interrupt, async () => {
    await csv?.append(runner.recorder.predictions);
  });
  const { recorder, secondsPerImage, notUpdated } = runner;
  await csv?.append(recorder.predictions); // for a run that had nothing to do
  const pace = `${perImage(secondsPerImage)} per image`;
  session.say(`accuracy ${percent(recorder.accuracy)} on ${recorder.n} images, ${pace}`);
  if (notUpdated > 0) session.say(`${notUpdated} batches were not learned from: their gradient was not finite`);
  for (const { message, help } of runner.method.warnings) session.tell(`warning: ${message}: ${help}`);
  const evaluated = options.evaluate && !session.interrupt.requested ? await evaluate(session, runner, passes) : null;
  if (evaluated) session.say(`frozen afterwards: accuracy ${percent(evaluated.accuracy)} on ${evaluated.n} images`);
  const common = session.common(seed, { ...settings, ...normalization, startedAfter: before.images });
  await session.save(common, resultsOf(runner, passes, options, evaluated));
  // Last: a state that has seen all images says that the files beside it are there.
  if (left > 0 || before.from !== saveTo) await save();
}

/** Where the run begins: at the start, or where a state stands that `--resume` or `--checkpoint` names. */
async function goOn(runner: Runner, passes: Passes, { resume, checkpoint }: AdaptOptions, run: Settings) {
  const isThere = checkpoint !== undefined && existsSync(checkpoint);
  const from = resume ?? (isThere ? checkpoint : undefined);
  const position = from === undefined ? null : await loadProgress(from, runner, isThere ? run : null);
  const { batches, shown, seen } = remaining(passes, position);
  if (isThere && position?.images !== shown.images) {
    throw new ConfigError(`--checkpoint: ${checkpoint} has seen other images`, "name another file, or delete this one");
  }
  if (position && shown.images > 0) restoreFigures(runner, position, seen);
  return { from, batches, shown, images: shown.images };
}

function passesOf(set: Awaited<ReturnType<typeof openImages>>, normalization: Normalization, options: AdaptOptions) {
  const { data, order, batch, seed, limit, epochs, resetEach, imbalanceRatio, concentration } = options;
  const given = Object.entries({ limit, resetEach, imbalanceRatio, concentration }).filter(([, v]) => v !== undefined);
  return new Passes(data, set, { order, batchSize: batch, seed, normalization, epochs, ...Object.fromEntries(given) });
}

/** The same batches; before one that begins a file, method and alarm start anew. */
function* resetting(batches: Iterable<PassBatch>, { method, guard }: Runner): Generator<PassBatch> {
  for (const batch of batches) {
    if (batch.reset) {
      method.reset();
      guard?.alarm.loadState({ images: guard.alarm.state().images, reference: null, trailing: [] });
    }
    yield batch;
  }
}

/** One epoch, answered by the method as it is now. */
async function evaluate(session: Session, { method }: Runner, passes: Passes) {
  const runner = new Runner(method, passes.epoch);
  for (const batch of passes.once()) {
    if (session.interrupt.requested) return null;
    using images = tensor(batch.images, batch.shape);
    await runner.answer(batch, images);
  }
  return runner.recorder;
}
