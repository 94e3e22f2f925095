// Adapts the model of train.ts to a shift, saves what was learnt and goes on from it.
import { memory, nn, openDevice, Source, tensor, ZeroSiam } from "zerosiam";
import { BarsNet, bars } from "./bars.js";

const BATCH = 32;
const STEPS = 40;
await openDevice();
const load = async () => (await nn.loadWeights(new BarsNet(), "bars.safetensors")).eval();
const options = { lr: 5e-2, lrPredictor: 5e-2 };

const source = new Source(await load());
const method = new ZeroSiam(await load(), options);
const right = { source: 0, zerosiam: 0 };
for (let step = 0; step < STEPS; step++) {
  if (step === STEPS / 2) await nn.saveTensors("half.safetensors", method.state());
  right.source += await answer(source, step);
  right.zerosiam += await answer(method, step);
}
const seen = BATCH * STEPS;
console.log(`source ${percent(right.source)} %, ZeroSiam ${percent(right.zerosiam)} % of ${seen} images in glare`);
console.log("bytes at most:", memory().peakBytes);

// Another process would start here: the same model, method and options, then the state.
const resumed = new ZeroSiam(await load(), options);
resumed.loadState((await nn.loadTensors("half.safetensors")).tensors);
for (let step = STEPS / 2; step < STEPS; step++) await answer(resumed, step);
const [whole, parts] = await Promise.all(
  [method, resumed].map(async (one) => one.state().get("model.norm1.weight")?.data()),
);
console.log("resumed to the same bits:", String(whole) === String(parts));

method.reset(); // model, predictor and optimisers as they were
method.dispose();

/** How many of a batch it answers rightly; a method that learns answers before it learns from the batch. */
async function answer(one: Source | ZeroSiam, step: number): Promise<number> {
  const { images, shape, labels } = bars(BATCH, step, 0.8);
  using batch = tensor(images, shape);
  const { logits, metrics } = one.step(batch);
  const values = await logits.data();
  const { updated } = await metrics.read();
  if (!updated) console.log("step", step, "was not learnt from");
  const best = Array.from(labels, (_, i) => {
    const row = values.slice(i * one.model.numClasses, (i + 1) * one.model.numClasses);
    return row.indexOf(Math.max(...row));
  });
  return labels.filter((label, i) => label === best[i]).length;
}

function percent(count: number): string {
  return ((100 * count) / seen).toFixed(1);
}
