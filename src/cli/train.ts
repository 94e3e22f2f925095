// `zerosiam train`: trains the source model of the digits, resuming where an earlier run was stopped.
import { rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadDigits } from "../data/digits.js";
import { Stream } from "../data/streams/index.js";
import { Runner } from "../experiments/runner.js";
import { trainDigits } from "../experiments/training.js";
import { DigitsNet, saveTensors } from "../nn/index.js";
import { clock, percent } from "../report/format.js";
import { SILENT } from "../report/terminal.js";
import { Rng } from "../tensor/index.js";
import { Source } from "../zerosiam/methods/index.js";
import { checkOutputs, jsonOf } from "./lib/clashes.js";
import { COUNT, type CommonOptions, numberFlag, RATE, SEED } from "./lib/options.js";
import { checkWritable } from "./lib/output.js";
import { runStream } from "./lib/runStream.js";
import { type Session, withSession } from "./lib/session.js";

interface TrainOptions extends CommonOptions {
  epochs: number;
  batch: number;
  lr: number;
  seed: number;
  out: string;
}

export function addTrain(program: Command): void {
  program
    .command("train")
    .description("train the source model of the digits; a stopped run goes on when started again")
    .addOption(numberFlag("--epochs <n>", "passes over the training part", COUNT).default(20))
    .addOption(numberFlag("--batch <n>", "images per step", COUNT).default(64))
    .addOption(numberFlag("--lr <rate>", "peak rate of AdamW", RATE).default(1e-2))
    .addOption(numberFlag("--seed <n>", "initial weights, order and shifts", SEED).default(0))
    .option("--out <file>", "where the weights go", "digits.safetensors")
    .action(async (options: TrainOptions) => {
      checkOutputs([{ flag: "--out", path: `${options.out}.checkpoint` }, ...jsonOf(options)], []);
      await checkWritable("--out", options.out);
      await withSession("train", options, (session) => train(session, options));
    });
}

async function train(session: Session, options: TrainOptions): Promise<void> {
  const { epochs, batch, lr, seed, out } = options;
  const model = new DigitsNet({ rng: new Rng(seed).fork("weights") });
  const set = await loadDigits("train");
  session.tell(`${set.count} training images, ${epochs} epochs in batches of ${batch}, seed ${seed}`);
  const checkpoint = `${out}.checkpoint`;
  const tell = progressLine(session, epochs);
  const done = await trainDigits(model, set, {
    ...{ epochs, batch, lr, seed, checkpoint },
    onBatch(progress) {
      tell(progress);
      return !session.interrupt.requested;
    },
  });
  const tested = session.interrupt.requested ? Number.NaN : await testAccuracy(session, model);
  const accuracy = session.interrupt.requested ? Number.NaN : tested; // on part of the images it is no figure
  if (session.interrupt.requested) {
    const next = done > 0 ? `goes on from ${checkpoint}` : "starts anew";
    session.tell(`stopped after ${done} of ${epochs} epochs; the same command ${next}`);
  } else {
    await saveTensors(out, model.stateDict(), [["trained", JSON.stringify({ epochs, batch, lr, seed })]]);
    await rm(checkpoint, { force: true });
    session.say(`clean test accuracy ${percent(accuracy, 2)}; weights: ${resolve(out)}`);
  }
  await session.save(session.common(seed, { epochs, batch, lr, out }), { accuracy, epochs: done });
}

/** Clean accuracy on the test part. */
async function testAccuracy(session: Session, model: DigitsNet): Promise<number> {
  const set = await loadDigits("test");
  const runner = new Runner(new Source(model), set.count);
  await runStream(new Stream({ set, batchSize: 100 }), [runner], SILENT, session.interrupt);
  return runner.recorder.accuracy;
}

/** Tells of every epoch, with the time left by the mean pace of this run. */
function progressLine(
  session: Session,
  epochs: number,
): (progress: { epoch: number; step: number; steps: number }) => void {
  const start = performance.now();
  let first: number | null = null;
  return ({ epoch, step, steps }) => {
    const at = epoch + (step + 1) / steps;
    first ??= epoch + step / steps;
    if (step !== 0 && step !== steps - 1) return;
    const left = ((performance.now() - start) / 1000 / (at - first)) * (epochs - at);
    session.tell(`epoch ${epoch + 1}/${epochs}  step ${step + 1}/${steps}  ${clock(left)} left`);
  };
}
