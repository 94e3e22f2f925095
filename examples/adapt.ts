// Adapts the digits classifier to a stream of corrupted images, a batch at a time.
import { createScenario, loadDigits, loadDigitsModel, openDevice, tensor, ZeroSiam } from "zerosiam";

await openDevice();
const model = await loadDigitsModel();
const method = new ZeroSiam(model, { lr: 1e-3, lrPredictor: 1e-2 });
const scenario = await createScenario("class-ordered", { set: await loadDigits("test"), limit: 4 });
for (const { stream } of scenario.phases) {
  for (const batch of stream) {
    const images = tensor(batch.images, batch.shape);
    const { logits, metrics } = method.step(images);
    console.log(batch.step, (await logits.data()).slice(0, 10), await metrics.read());
    images.dispose();
  }
}
