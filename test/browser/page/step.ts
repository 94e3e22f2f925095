// One ZeroSiam step on a fixture's net and batch: the same code runs in the page and in Node.

import { toFloat32 } from "../../../src/nn/io/convert.js";
import { readSafetensors } from "../../../src/nn/io/safetensors.js";
import { type FixtureArch, fixtureNet } from "../../../src/parity/nets.js";
import { type Tensor, tensor } from "../../../src/tensor/index.js";
import { ZeroSiam } from "../../../src/zerosiam/zerosiam.js";

/** The json of a step fixture, as far as it is needed. */
export interface Fixture {
  readonly arch: FixtureArch;
  readonly runs: { readonly zerosiam: { readonly hyper: { readonly lr: number; readonly lr_predictor: number } } };
}

/** What a step leaves: `logits`, `loss`, and by name everything that adaptation changes. */
export type StepOutcome = Record<string, number[]>;

/** Runs a step on the open device. `file` is the fixture's safetensors. */
export async function zeroSiamStep({ arch, runs }: Fixture, file: Uint8Array): Promise<StepOutcome> {
  const stored = [...readSafetensors(file).tensors].filter(([name]) => name === "x" || name.startsWith("init."));
  const tensors = new Map(stored.map(([name, t]) => [name, tensor(toFloat32(t, name), t.shape)]));
  const model = fixtureNet(arch);
  model.loadStateDict(
    new Map([...tensors].filter(([name]) => name !== "x").map(([name, t]) => [name.slice("init.".length), t])),
  );
  const { lr, lr_predictor: lrPredictor } = runs.zerosiam.hyper;
  const method = new ZeroSiam(model, { lr, lrPredictor });
  const batches = tensors.get("x") as Tensor; // [steps, B, C, H, W]
  const { logits, metrics } = method.step(batches.slice([[0, 1]]).reshape(batches.shape.slice(1)));
  const outcome: StepOutcome = { logits: [...(await logits.data())], loss: [(await metrics.read()).loss as number] };
  for (const [name, value] of method.state()) outcome[name] = [...(await value.data())];
  return outcome;
}
