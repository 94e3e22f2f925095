// Accuracy of the source model on the validation part, by corruption and severity: what the severities were set by.
// npm run severities [WEIGHTS]

import { CORRUPTION_NAMES, type CorruptionName, type Severity } from "../src/data/corruptions/index.js";
import { loadDigits } from "../src/data/digits.js";
import { Stream } from "../src/data/streams/index.js";
import { StreamRecorder } from "../src/experiments/recorder.js";
import { loadDigitsModel, loadModel } from "../src/nn/models/registry.js";
import { openDevice, tensor } from "../src/tensor/index.js";
import { Source } from "../src/zerosiam/methods/index.js";

const { adapter } = await openDevice();
const set = await loadDigits("validation");
const weights = process.argv[2];
const method = new Source(weights ? await loadModel("digits", weights) : await loadDigitsModel());

async function accuracyOn(corruption: CorruptionName, severity: Severity): Promise<number> {
  const stream = new Stream({ set, corruptions: [corruption], severity, batchSize: 100 });
  const recorder = new StreamRecorder(method.model.numClasses, stream.length);
  for (const batch of stream) {
    const images = tensor(batch.images, batch.shape);
    recorder.record(batch, (await method.step(images).logits.data()) as Float32Array);
    images.dispose();
  }
  return recorder.accuracy;
}

console.log(`${set.count} validation images, source model, ${adapter.name}\n`);
console.log("severity".padEnd(14), [1, 2, 3, 4, 5].map((s) => String(s).padStart(6)).join(""));
for (const name of CORRUPTION_NAMES) {
  const row: string[] = [];
  for (const severity of [1, 2, 3, 4, 5] as const) row.push((await accuracyOn(name, severity)).toFixed(3).padStart(6));
  console.log(name.padEnd(14), row.join(""));
}
