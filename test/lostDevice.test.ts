// docs/lost-device.md: the code that it shows is there, and goes on after a loss to the very same answers.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapt, restore, save } from "../examples/lostDevice.js";
import {
  type Batch,
  createMethod,
  createScenario,
  currentDevice,
  loadDigits,
  loadDigitsModel,
  METHODS,
  type Method,
  memory,
  openDevice,
  type TypedArray,
  tensor,
} from "../src/index.js";

const RATES = { lr: 1e-3, lrPredictor: 1e-2, margin: 10 };
let batches: Batch[];

beforeAll(async () => {
  await openDevice({});
  const scenario = await createScenario("mixed", { set: await loadDigits("test"), limit: 4, batchSize: 4 });
  batches = [...scenario.phases[0].stream].slice(0, 4);
});

afterAll(async () => {
  await openDevice();
});

const start = (name: string) => async () => createMethod(name, await loadDigitsModel(), RATES);

test("the page shows examples/lostDevice.ts", () => {
  const page = readFileSync("docs/lost-device.md", "utf8");
  expect(page).toContain(`\`\`\`ts\n${readFileSync("examples/lostDevice.ts", "utf8")}\`\`\`\n`);
  expect(page.split("\n").length).toBeLessThanOrEqual(81);
});

test("a stream goes on after a loss to the same answers, bit for bit, and nothing is left behind", async () => {
  const whole = await adapt(batches, start("zerosiam-deyo"), 2);
  const before = memory().tensors;
  const { gpu } = currentDevice();
  /** The batches; the device goes while the last is looked at. */
  const through = new Proxy(batches, {
    get(target, at) {
      if (at === "3") gpu.destroy();
      return Reflect.get(target, at);
    },
  });
  expect(await adapt(through, start("zerosiam-deyo"), 2)).toEqual(whole);
  expect(currentDevice().gpu).not.toBe(gpu);
  expect(memory().tensors).toBe(before);
});

/** A step's logits on the host. */
async function step(method: Method, { images, shape }: Batch): Promise<TypedArray> {
  using batch = tensor(images, shape);
  return method.step(batch).logits.data();
}

describe("every method, saved before its device was lost, goes on to the same answers on another", () => {
  const half = new Map<string, { saved: Awaited<ReturnType<typeof save>>; rest: TypedArray }>();

  beforeAll(async () => {
    for (const name of METHODS) {
      const method = await start(name)();
      for (const batch of batches.slice(0, 2)) await step(method, batch);
      half.set(name, { saved: await save(method), rest: await step(method, batches[2]) });
      method.dispose();
      method.model.dispose();
    }
    currentDevice().gpu.destroy();
    await currentDevice().lost;
    await openDevice();
  });

  test.each(METHODS)("%s", async (name) => {
    const { saved, rest } = half.get(name) as NonNullable<ReturnType<typeof half.get>>;
    const method = await start(name)();
    restore(method, saved);
    expect(await step(method, batches[2])).toEqual(rest);
    method.dispose();
    method.model.dispose();
  });
});
