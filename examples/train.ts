// Trains a classifier of one's own and saves its weights.
import { backward, nn, openDevice, scope, type Tensor, tensor } from "zerosiam";
import { BarsNet, bars } from "./bars.js";

await openDevice();
const model = new BarsNet();
const optimizer = new nn.AdamW(model.namedParameters(), { lr: 3e-3, weightDecay: 0.01 });

for (let step = 0; step < 100; step++) {
  // A scope a step: without one every intermediate result of the step would stay.
  const loss: Tensor = scope(() => {
    const { images, shape, labels } = bars(64, step);
    const logits = model.forward(tensor(images, shape));
    const loss = logits.crossEntropy(tensor(labels));
    backward(loss);
    optimizer.step();
    optimizer.zeroGrad();
    return loss.detach();
  });
  if (step % 25 === 24) console.log("step", step + 1, "loss", (await loss.item()).toFixed(3));
  loss.dispose();
}

model.eval();
console.log("accuracy", await accuracy(model, 1_000_000));
await nn.saveTensors("bars.safetensors", model.stateDict());

/** On 512 images that training has not seen. */
async function accuracy(model: BarsNet, seed: number): Promise<number> {
  const { images, shape, labels } = bars(512, seed);
  const answers = scope(() => model.forward(tensor(images, shape)).argmax(-1));
  const found = await answers.data();
  answers.dispose();
  return labels.filter((label, i) => label === found[i]).length / labels.length;
}
