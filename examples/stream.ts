// Streams of images of one's own and of corrupted digits, methods on them at a few rates, and a scenario.
import {
  createScenario,
  type ImageSet,
  loadDigits,
  loadDigitsModel,
  type Method,
  nn,
  openDevice,
  Runner,
  runScenario,
  Source,
  Stream,
  Tent,
  tensor,
  ZeroSiam,
} from "zerosiam";
import { BarsNet, bars, SIDE } from "./bars.js";

await openDevice();

// Images as bytes, row by row: here 0 to 255 stands for −2 to 4.
const { images, labels } = bars(480, 7, 0.8);
const bytes = Uint8ClampedArray.from(images, (x) => (255 * (x + 2)) / 6);
const set: ImageSet = { count: 480, height: SIDE, width: SIDE, channels: 1, images: new Uint8Array(bytes), labels };

// (byte/255 − mean) / std is what the model was trained on.
const normalization = { mean: [2 / 6], std: [1 / 6] };
const own = new Stream({ set, normalization, order: "class", batchSize: 32, seed: 0 });
const load = async () => (await nn.loadWeights(new BarsNet(), "bars.safetensors")).eval();
console.log("source:", await accuracy(new Source(await load()), own));
for (const lr of [2e-2, 1e-1, 5e-1]) {
  const tent = await accuracy(new Tent(await load(), { lr }), own);
  const zerosiam = await accuracy(new ZeroSiam(await load(), { lr, lrPredictor: lr }), own);
  console.log(`lr ${lr}: Tent ${tent}, ZeroSiam ${zerosiam}`);
}

/** Online, in per cent: each batch is answered before it is learnt from. */
async function accuracy(method: Method, stream: Stream): Promise<string> {
  const runner = new Runner(method, stream.length);
  for (const batch of stream) {
    using images = tensor(batch.images, batch.shape);
    await runner.step(batch, images);
  }
  method.dispose();
  return (100 * runner.recorder.accuracy).toFixed(1);
}

const digits = await loadDigits("validation");
for (const severity of [1, 5] as const) {
  const fog = new Stream({ set: digits, corruptions: ["fog", "shear"], severity, batchSize: 32, limit: 16 });
  console.log(`digits, severity ${severity}:`, await accuracy(new Source(await loadDigitsModel()), fog));
}

const scenario = await createScenario("class-ordered", { set: digits, limit: 4, pick: "draw", seed: 1 });
const method = new ZeroSiam(await loadDigitsModel(), { lr: 1e-3, lrPredictor: 1e-2 });
const runners = await runScenario(method, scenario);
for (const [phase, { recorder }] of runners ?? []) {
  console.log(`class-ordered, ${phase}: ${(100 * recorder.accuracy).toFixed(1)} of ${recorder.n} images`);
}
