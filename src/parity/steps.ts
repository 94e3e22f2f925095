// Step fixtures: losses, logits, gradients, parameters, filters and averages of adaptation runs, against PyTorch in float64.
import { type Classifier, loadTensors } from "../nn/index.js";
import { CheckpointError, scope, type Tensor, type TypedArray, ZeroSiamError } from "../tensor/index.js";
import {
  createMethod,
  fisherInformation,
  type Method,
  type MethodOptions,
  type StepReport,
} from "../zerosiam/methods/index.js";
import { type Comparison, compared, type FixtureTolerance, type ParityResult, tensorOf } from "./compare.js";
import { fixtureNet } from "./nets.js";
import { checkRun, type FixtureRun, methodName, optionsOf, type StepFixture, type StepLog } from "./stepFixture.js";

const PARAMETERS_AFTER = [1, 2, 10];
const EXACT: FixtureTolerance = { rtol: 0, atol: 0 };

/**
 * Runs every run of the fixture whose method is in `only`, or all. One whose method or net is not there, or that the
 * files do not describe, counts as failed.
 */
export async function runStepParity(
  fixture: StepFixture,
  weightsPath: string,
  only?: readonly string[],
): Promise<ParityResult[]> {
  const wanted = Object.entries(fixture.runs).filter(([run, settings]) => {
    const method = String(settings?.method);
    return !only || [run, method, methodName(method)].some((name) => only.includes(name));
  });
  const stored = await loadTensors(weightsPath).catch((error: unknown) => {
    if (error instanceof ZeroSiamError) return error;
    throw error;
  });
  const results: ParityResult[] = [];
  for (const [run, settings] of wanted) {
    const name = `${fixture.config}/${run}`;
    const result = compared(name, async (comparison) => {
      if (stored instanceof ZeroSiamError) throw stored;
      checkRun(name, settings, fixture.steps);
      await runOne(comparison, new Data(stored.tensors, run), fixture, settings);
    });
    results.push(await result);
  }
  if (!(stored instanceof ZeroSiamError)) for (const tensor of stored.tensors.values()) tensor.dispose();
  return results;
}

/** The tensors of a fixture, from the point of view of one run. */
class Data {
  constructor(
    readonly tensors: ReadonlyMap<string, Tensor>,
    readonly run: string,
  ) {}

  get(name: string): Tensor {
    return tensorOf(this.tensors, name);
  }

  /** A tensor of the run. */
  own(name: string): Promise<TypedArray> {
    return this.get(`${this.run}.${name}`).data();
  }

  /** Entry `i` of a tensor along its first dimension; the caller disposes it. */
  at(name: string, i: number): Tensor {
    return scope(() => {
      const all = this.get(name);
      return all.slice([[i, i + 1]]).reshape(all.shape.slice(1));
    });
  }

  /** Tensors whose names begin with `prefix`, without it. */
  under(prefix: string): Map<string, Tensor> {
    const found = [...this.tensors].filter(([name]) => name.startsWith(prefix));
    return new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  }
}

async function runOne(comparison: Comparison, data: Data, fixture: StepFixture, settings: FixtureRun): Promise<void> {
  const model = fixtureNet(fixture.arch);
  try {
    await compareRun(comparison, model, data, fixture, settings);
  } finally {
    model.dispose();
  }
}

async function compareRun(
  comparison: Comparison,
  model: Classifier,
  data: Data,
  fixture: StepFixture,
  settings: FixtureRun,
): Promise<void> {
  if (!(fixture.steps >= 1)) throw new CheckpointError(`the fixture has ${fixture.steps} steps`, "give one at least");
  const start = () => model.loadStateDict(new Map([...model.namedBuffers(), ...data.under("init.")]));
  start();
  if (settings.uses_fisher) await compareFisher(comparison, model, data, settings);
  let step = 0;
  const options = optionsOf(fixture, settings, settings.uses_fisher ? data.under("fisher.") : undefined, () =>
    data.at("perm", step),
  );
  await compareGradients(comparison, model, options, data, settings);
  start();
  const method = createMethod(methodName(settings.method), model, options);
  try {
    checkAdapted(method, settings);
    for (; step < fixture.steps; step++) await compareStep(comparison, method, step, data, settings);
  } finally {
    method.dispose();
  }
}

/** Throws CheckpointError unless the method adapts the very parameters that the run adapted. */
function checkAdapted(method: Method, { adapted_params }: FixtureRun): void {
  const adapted = [...method.state().keys()]
    .filter((name) => /^(model|predictor)\./.test(name))
    .map((name) => name.replace(/^model\./, ""));
  if (String(adapted.sort()) === String([...adapted_params].sort())) return;
  throw new CheckpointError(`${method.name} adapts ${adapted}, the fixture ${adapted_params}`, "names must agree");
}

async function compareStep(
  comparison: Comparison,
  method: Method,
  step: number,
  data: Data,
  { adapted_params, suggested_tol, log }: FixtureRun,
): Promise<void> {
  const tolerance = step === 0 ? suggested_tol.step1 : suggested_tol.all_steps;
  const what = (name: string) => `step ${step + 1} ${name}`;
  using images = data.at("x", step);
  const recoveries = await method.state().get("sar.recoveries")?.item();
  const result = method.step(images);
  const got = await result.logits.data();
  const report = await result.metrics.read();
  const logits = await data.own("logits");
  comparison.add(what("logits"), got, logits.subarray(step * got.length, (step + 1) * got.length), tolerance);
  const loss = report.firstLoss ?? (recoveries === undefined ? report.loss : null);
  comparison.add(what("loss"), [loss ?? Number.NaN], [(await data.own("loss"))[step]], tolerance);
  compareLog(comparison, what, log[step], report, (report.recoveries ?? 0) - (recoveries ?? 0), tolerance);
  if (!PARAMETERS_AFTER.includes(step + 1)) return;
  for (const name of adapted_params) {
    const live = tensorOf(method.state(), name.startsWith("predictor.") ? name : `model.${name}`);
    comparison.add(
      `${name} after ${step + 1}`,
      await live.data(),
      await data.own(`params.s${step + 1}.${name}`),
      tolerance,
    );
  }
}

/** Compares what the fixture logged of a step: filter counts exactly, SAR's second loss, average and recovery. */
function compareLog(
  comparison: Comparison,
  what: (name: string) => string,
  { n1, n2, loss2, ema, reset }: StepLog,
  report: StepReport,
  recovered: number,
  tolerance: FixtureTolerance,
): void {
  const compare = (name: string, got: number | null, want: number | null | undefined, within: FixtureTolerance) => {
    if (want !== undefined) comparison.add(what(name), [got ?? Number.NaN], [want ?? Number.NaN], within);
  };
  compare("reliable samples", report.reliable, n1, EXACT);
  compare("kept samples", report.kept, n2, EXACT);
  compare("second loss", report.loss, loss2, tolerance);
  compare("average", report.average, ema, tolerance);
  compare("recoveries", recovered, reset === undefined ? undefined : Number(reset), EXACT);
}

/**
 * Gradients of the first step, of the passes that the file holds: a step that selected no sample has none. From what the
 * optimiser made of them; SAR's are looked at without recovery, its first one without a climb.
 */
async function compareGradients(
  comparison: Comparison,
  model: Classifier,
  options: MethodOptions,
  data: Data,
  { method: kind, adapted_params, suggested_tol, log }: FixtureRun,
): Promise<void> {
  const [{ n1, n2 }] = log;
  const quiet = n1 === 0 || n2 === 0;
  const passes: [stored: string, change: Partial<MethodOptions>][] =
    kind === "sar"
      ? [
          ["grad", { rho: 0, recoverBelow: 0 }],
          ["grad2", { recoverBelow: 0 }],
        ]
      : [["grad", {}]];
  for (const [stored, change] of passes) {
    if (quiet && data.under(`${data.run}.${stored}.s1.`).size === 0) continue;
    const method = createMethod(methodName(kind), model, { ...options, ...change });
    try {
      using images = data.at("x", 0);
      method.step(images);
      for (const name of adapted_params) {
        const own = name.startsWith("predictor.") ? name : `model.${name}`;
        const want = await data.own(`${stored}.s1.${name}`);
        comparison.add(`${stored} ${name}`, await firstGradient(method.state(), own), want, suggested_tol.step1);
      }
      method.reset();
    } finally {
      method.dispose();
    }
  }
}

/** After one step SGD's momentum is the gradient, and Adam's first moment a tenth of it. */
async function firstGradient(state: ReadonlyMap<string, Tensor>, name: string): Promise<TypedArray> {
  const momentum = state.get(`optimizer.${name}.momentum`);
  if (momentum) return momentum.data();
  return (await tensorOf(state, `optimizer.${name}.expAvg`).data()).map((m) => m / 0.1);
}

async function compareFisher(
  comparison: Comparison,
  model: Classifier,
  data: Data,
  { suggested_tol }: FixtureRun,
): Promise<void> {
  const batches = Array.from({ length: data.get("fisher_x").shape[0] }, (_, i) => data.at("fisher_x", i));
  for (const [name, got] of fisherInformation(model, batches)) {
    const want = await data.get(`fisher.${name}`).data();
    comparison.add(`fisher ${name}`, await got.data(), want, suggested_tol.step1);
    got.dispose();
  }
  for (const images of batches) images.dispose();
}
