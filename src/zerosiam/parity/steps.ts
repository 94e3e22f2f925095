// Step fixtures: losses, logits, gradients and parameters of adaptation runs, against PyTorch in float64.
import { type Classifier, loadTensors } from "../../nn/index.js";
import { type Tensor, type TypedArray, ZeroSiamError } from "../../tensor/index.js";
import { createMethod, type Method } from "../methods/index.js";
import { Comparison, type FixtureTolerance, type ParityResult } from "./compare.js";
import { type FixtureArch, fixtureNet } from "./nets.js";

/** The json of a step fixture. */
export interface StepFixture {
  readonly config: string;
  readonly arch: FixtureArch;
  readonly steps: number;
  readonly runs: Readonly<Record<string, FixtureRun>>;
}

interface FixtureRun {
  readonly method: string;
  readonly hyper: {
    readonly lr: number;
    readonly momentum: number;
    readonly lr_predictor?: number;
    readonly alpha?: number;
  };
  readonly adapted_params: readonly string[];
  readonly suggested_tol: { readonly step1: FixtureTolerance; readonly all_steps: FixtureTolerance };
}

const PARAMETERS_AFTER = [1, 2, 10];

/** Runs every run of the fixture whose method is in `only`, or all. One whose method is not there counts as failed. */
export async function runStepParity(
  fixture: StepFixture,
  weightsPath: string,
  only?: readonly string[],
): Promise<ParityResult[]> {
  const { tensors } = await loadTensors(weightsPath);
  const results: ParityResult[] = [];
  for (const [run, settings] of Object.entries(fixture.runs)) {
    if (only && !only.includes(settings.method)) continue;
    results.push(await runOne(fixture, run, settings, tensors));
  }
  for (const tensor of tensors.values()) tensor.dispose();
  return results;
}

async function runOne(
  fixture: StepFixture,
  run: string,
  settings: FixtureRun,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<ParityResult> {
  const name = `${fixture.config}/${run}`;
  const model = fixtureNet(fixture.arch);
  try {
    const { lr, momentum, lr_predictor: lrPredictor = lr, alpha = 1 } = settings.hyper;
    model.loadStateDict(initialState(model, tensors));
    const method = createMethod(settings.method, model, { lr, momentum, lrPredictor, alpha });
    const comparison = new Comparison();
    await compareSteps(comparison, method, fixture, run, settings, tensors);
    method.dispose();
    return comparison.result(name);
  } catch (error) {
    if (!(error instanceof ZeroSiamError)) throw error;
    return { name, passed: false, worst: Number.POSITIVE_INFINITY, detail: error.message };
  } finally {
    model.dispose();
  }
}

/** The fixture's `init.` tensors, and the model's own running statistics, which the fixtures do not use. */
function initialState(model: Classifier, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const state = model.namedBuffers();
  for (const [name, tensor] of tensors) if (name.startsWith("init.")) state.set(name.slice("init.".length), tensor);
  return state;
}

async function compareSteps(
  comparison: Comparison,
  method: Method,
  { steps }: StepFixture,
  run: string,
  { adapted_params, suggested_tol }: FixtureRun,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const stored = async (name: string): Promise<TypedArray> => (tensors.get(name) as Tensor).data();
  const images = tensors.get("x") as Tensor;
  const losses = await stored(`${run}.loss`);
  const logits = await stored(`${run}.logits`);
  const state = method.state();
  const live = (name: string) => state.get(name.startsWith("predictor.") ? name : `model.${name}`) as Tensor;
  for (let step = 1; step <= steps; step++) {
    const tolerance = step === 1 ? suggested_tol.step1 : suggested_tol.all_steps;
    const batch = images.slice([[step - 1, step]]).reshape(images.shape.slice(1));
    const result = method.step(batch);
    batch.dispose();
    const got = await result.logits.data();
    const { loss } = await result.metrics.read();
    comparison.add(`step ${step} logits`, got, logits.subarray((step - 1) * got.length, step * got.length), tolerance);
    comparison.add(`step ${step} loss`, [loss ?? Number.NaN], [losses[step - 1]], tolerance);
    for (const name of adapted_params) {
      if (step === 1)
        comparison.add(
          `gradient ${name}`,
          await gradientOf(state, name),
          await stored(`${run}.grad.s1.${name}`),
          tolerance,
        );
      if (!PARAMETERS_AFTER.includes(step)) continue;
      comparison.add(
        `${name} after ${step}`,
        await live(name).data(),
        await stored(`${run}.params.s${step}.${name}`),
        tolerance,
      );
    }
  }
}

/** After the first step the momentum is the first gradient. */
async function gradientOf(state: ReadonlyMap<string, Tensor>, name: string): Promise<TypedArray> {
  const [group, own] = name.startsWith("predictor.") ? ["predictor", name.slice("predictor.".length)] : ["model", name];
  return (state.get(`optimizer.${group}.${own}.momentum`) as Tensor).data();
}
