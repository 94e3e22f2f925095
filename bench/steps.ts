// Rows of whole adaptation steps: the methods take turns on the same images, so that a busy machine slows all alike.
import { type Classifier, DigitsNet } from "../src/nn/index.js";
import { modelEntry } from "../src/nn/models/registry.js";
import { fixtureNet } from "../src/parity/nets.js";
import { type Device, Rng, type Tensor } from "../src/tensor/index.js";
import { createMethod, METHODS, type Method } from "../src/zerosiam/methods/index.js";
import { benchInput } from "./inputs.js";
import { type BenchRow, median } from "./row.js";
import type { Effort } from "./sampler.js";

/** A model and the batch that it is shown. */
interface Setting {
  readonly name: string;
  readonly shape: readonly [number, number, number, number];
  model(): Classifier;
  /** Left out of quick runs: minutes on a software adapter. */
  readonly slow?: true;
}

const RESNET = { kind: "conv", norm: "gn", groups: 4, in_channels: 3, width: 16, classes: 10 } as const;
const SETTINGS: readonly Setting[] = [
  { name: "DigitsNet, batch 16", shape: [16, 1, 28, 28], model: () => new DigitsNet({ rng: new Rng(0) }) },
  { name: "DigitsNet, batch 1", shape: [1, 1, 28, 28], model: () => new DigitsNet({ rng: new Rng(0) }) },
  { name: "two residual blocks, batch 16", shape: [16, 3, 32, 32], model: () => fixtureNet(RESNET) },
  { name: "ResNet-20-GN, batch 64", shape: [64, 3, 32, 32], model: () => modelEntry("resnet20_gn").make(), slow: true },
];

/** Rates change no time; these keep noise from driving the parameters anywhere. */
const RATES = { lr: 1e-5, lrPredictor: 1e-5 };

/** One method at work on its own model. */
interface Contestant {
  readonly method: Method;
  readonly bytes: number;
  readonly dispatches: number;
  readonly times: number[];
}

/** A row for each method in each setting: a step, and reading its logits back as every stream of images does. */
export async function* stepRows(device: Device, effort: Effort, quick: boolean): AsyncGenerator<BenchRow> {
  for (const { name, shape, model } of SETTINGS.filter(({ slow }) => !slow || !quick)) {
    const images = benchInput(shape, device);
    const contestants: Contestant[] = [];
    for (const method of METHODS) contestants.push(await enter(device, method, model, images));
    await race(contestants, images, effort);
    const [source, tent] = ["source", "tent"].map((other) => contestants[METHODS.indexOf(other)].times);
    for (const { method, times, dispatches, bytes } of contestants) {
      const wallMs = median(times);
      const ratioTo = (other: readonly number[]): number => median(times.map((ms, i) => ms / other[i]));
      const ratios = { toSource: ratioTo(source), toTent: ratioTo(tent) };
      yield { work: `${method.name} step, ${name}`, ms: wallMs, clock: "wall", wallMs, dispatches, bytes, ...ratios };
      method.dispose();
      method.model.dispose();
    }
    images.dispose();
  }
}

/** Makes the method and runs it until nothing is new to the device any more: kernels compiled, momentum buffers there. */
async function enter(device: Device, name: string, model: () => Classifier, images: Tensor): Promise<Contestant> {
  device.trim();
  const { liveBytes } = device.stats;
  const method = createMethod(name, model(), RATES);
  for (let i = 0; i < 2; i++) await step(method, images);
  const before = device.stats;
  await step(method, images);
  const { dispatches, peakBytes } = device.stats;
  return { method, bytes: peakBytes - liveBytes, dispatches: dispatches - before.dispatches, times: [] };
}

/** Rounds in which every method takes a step, until there are enough. */
async function race(contestants: readonly Contestant[], images: Tensor, { rounds, maxTime }: Effort): Promise<void> {
  const until = performance.now() + 1000 * maxTime * contestants.length;
  for (let round = 0; round < rounds || performance.now() < until; round++) {
    for (const { method, times } of contestants) {
      const from = performance.now();
      await step(method, images);
      times.push(performance.now() - from);
    }
  }
}

async function step(method: Method, images: Tensor): Promise<void> {
  await method.step(images).logits.data();
}
