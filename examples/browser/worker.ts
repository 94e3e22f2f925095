// The worker of page.ts: it has the device, the model and the method, and answers one question after another.
import { loadDigitsModel, memory, nn, openDevice, tensor, ZeroSiam } from "zerosiam";

export type Question =
  | { readonly ask: "start"; readonly weights: string | Blob; readonly saved: Blob | undefined }
  | { readonly ask: "adapt"; readonly pictures: readonly Blob[] }
  | { readonly ask: "save" };
export interface Answer {
  readonly said: string;
  readonly state?: Blob;
}

const SIDE = 28; // of the digits
let method: ZeroSiam;
let last = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<Question>) => {
  const failed = (error: Error) => ({ said: String(error) }); // as text: its class and its help would not cross
  last = last.then(() => answer(data).catch(failed)).then((answer) => self.postMessage(answer));
};

async function answer(question: Question): Promise<Answer> {
  if (question.ask === "start") {
    const { adapter } = await openDevice();
    method = new ZeroSiam(await loadDigitsModel(question.weights), { lr: 1e-3, lrPredictor: 1e-2 });
    if (question.saved) method.loadState((await nn.loadTensors(question.saved)).tensors);
    return { said: `ready on ${adapter.name}` };
  }
  if (question.ask === "save") return { said: "saved", state: new Blob([await nn.encodeTensors(method.state())]) };
  using bytes = tensor(await pixels(question.pictures), [question.pictures.length, 1, SIDE, SIDE]);
  using images = bytes.div(255); // as the model was trained
  const { logits, metrics } = method.step(images);
  using classes = logits.argmax(-1);
  const { loss } = await metrics.read();
  return { said: `${(await classes.data()).join(" ")}, loss ${loss}, ${memory().tensors} tensors` };
}

/** Grey pictures, one after another, from 0 to 255. */
async function pixels(pictures: readonly Blob[]): Promise<Float32Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  if (!canvas) throw new Error("no canvas");
  const grey = new Float32Array(pictures.length * SIDE * SIDE);
  for (const [i, picture] of pictures.entries()) {
    const bitmap = await createImageBitmap(picture);
    canvas.drawImage(bitmap, 0, 0, SIDE, SIDE);
    bitmap.close();
    const red = canvas.getImageData(0, 0, SIDE, SIDE).data.filter((_, at) => at % 4 === 0); // of red, green, blue, alpha
    grey.set(red, i * SIDE * SIDE);
  }
  return grey;
}
