// Golden op fixtures: forward and gradients of single ops, against PyTorch in float64.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTensors } from "../../nn/index.js";
import { CheckpointError, grad, scope, Tensor, ZeroSiamError } from "../../tensor/index.js";
import { Comparison, type FixtureTolerance, type ParityResult } from "./compare.js";
import { type FixtureAttrs, type FixtureCall, type FixtureTensors, fixtureCall } from "./opCalls.js";

/** A case of manifest.json: names of its tensors in `file`, by the names that the op gives them. */
interface FixtureCase {
  readonly id: string;
  readonly op: string;
  readonly file: string;
  readonly attrs: FixtureAttrs;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** `grads[k]` is d Σ y·gy / d input k. */
  readonly grads?: Readonly<Record<string, string>>;
  readonly gy?: string;
  readonly tol: FixtureTolerance;
  readonly grad_tol?: FixtureTolerance;
}

/**
 * Runs the cases of `folder`/manifest.json whose op is in `only`, or all. One whose op is not there counts as failed.
 * Throws CheckpointError when the folder holds no such fixtures, or damaged ones.
 */
export async function runOpsParity(
  folder: string,
  { only }: { only?: readonly string[] } = {},
): Promise<ParityResult[]> {
  const cases = (await readManifest(folder)).filter(({ op }) => !only || only.includes(op));
  const results: ParityResult[] = [];
  for (const file of new Set(cases.map((one) => one.file))) {
    const { tensors } = await loadTensors(join(folder, file));
    for (const one of cases.filter((other) => other.file === file)) results.push(await runCase(one, tensors));
    for (const tensor of tensors.values()) tensor.dispose();
  }
  return results;
}

async function readManifest(folder: string): Promise<FixtureCase[]> {
  const path = join(folder, "manifest.json");
  try {
    const { cases } = JSON.parse(await readFile(path, "utf8"));
    if (Array.isArray(cases)) return cases;
  } catch (cause) {
    throw new CheckpointError(`${path}: ${(cause as Error).message}`, "pass a folder of op fixtures", { cause });
  }
  throw new CheckpointError(`${path}: it lists no cases`, "pass a folder of op fixtures");
}

async function runCase(one: FixtureCase, stored: ReadonlyMap<string, Tensor>): Promise<ParityResult> {
  const failed = (detail: string) => ({ name: one.id, passed: false, worst: Number.POSITIVE_INFINITY, detail });
  try {
    const results = compute(one, fixtureCall(one.op), stored);
    return await compare(one, results, stored);
  } catch (error) {
    if (!(error instanceof ZeroSiamError)) throw error;
    return failed(error.message);
  }
}

interface Results {
  readonly outputs: FixtureTensors;
  readonly gradients: FixtureTensors;
}

/** The outputs, and the gradients of the inputs that have a stored one. */
function compute(
  { inputs, attrs, grads = {}, gy }: FixtureCase,
  call: FixtureCall,
  stored: ReadonlyMap<string, Tensor>,
): Results {
  return scope(() => {
    const named = Object.entries(inputs).map(([name, key]) => [name, stored.get(key) as Tensor] as const);
    const tensors = Object.fromEntries(named);
    const leaves = Object.keys(grads);
    for (const name of leaves) tensors[name].setRequiresGrad(true);
    const result = call(tensors, attrs);
    const outputs = result instanceof Tensor ? { y: result } : result;
    if (!gy) return { outputs, gradients: {} };
    const gradients = grad(
      outputs.y,
      leaves.map((name) => tensors[name]),
      { gradient: stored.get(gy) as Tensor },
    );
    return { outputs, gradients: Object.fromEntries(leaves.map((name, i) => [name, gradients[i]])) };
  });
}

async function compare(
  one: FixtureCase,
  { outputs, gradients }: Results,
  stored: ReadonlyMap<string, Tensor>,
): Promise<ParityResult> {
  const comparison = new Comparison();
  const check = async (what: string, got: Tensor, key: string, tolerance: FixtureTolerance) => {
    comparison.add(what, await got.data(), await (stored.get(key) as Tensor).data(), tolerance);
  };
  for (const [name, key] of Object.entries(one.outputs)) await check(name, outputs[name], key, one.tol);
  for (const [name, key] of Object.entries(one.grads ?? {}))
    await check(`gradient of ${name}`, gradients[name], key, one.grad_tol ?? one.tol);
  // only now: where an op passes its gradient on, several inputs have the same tensor
  for (const tensor of [...Object.values(outputs), ...Object.values(gradients)]) tensor.dispose();
  return comparison.result(one.id);
}
