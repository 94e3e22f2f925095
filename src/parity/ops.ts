// Golden op fixtures: forward and gradients of single ops, against PyTorch in float64.
import { join } from "node:path";
import { loadTensors } from "../nn/index.js";
import { readDocument } from "../nn/io/whole.js";
import { CheckpointError, grad, scope, Tensor, ZeroSiamError } from "../tensor/index.js";
import { formatShape, sameShape } from "../tensor/shape.js";
import { type Comparison, compared, type FixtureTolerance, type ParityResult } from "./compare.js";
import { type FixtureAttrs, type FixtureTensors, fixtureCall } from "./opCalls.js";
import { checkFields, isRecord, isText, isTolerance, recordOf } from "./schema.js";

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

/** Inputs that an op may be called without. */
const OPTIONAL: readonly string[] = ["weight", "bias", "running_mean", "running_var"];

/**
 * Runs the cases of `folder`/manifest.json whose op is in `only`, or all. One whose op is not there, or that lacks a part
 * or a tensor, counts as failed. Throws CheckpointError when the folder holds no manifest, or one that does not name its cases.
 */
export async function runOpsParity(
  folder: string,
  { only }: { only?: readonly string[] } = {},
): Promise<ParityResult[]> {
  const cases = (await readManifest(folder)).filter(({ op }) => !only || only.includes(op));
  const results: ParityResult[] = [];
  for (const file of new Set(cases.map((one) => one.file))) {
    const ofFile = cases.filter((one) => one.file === file);
    results.push(...(await runFile(join(folder, file), ofFile)));
  }
  return results;
}

async function readManifest(folder: string): Promise<FixtureCase[]> {
  const path = join(folder, "manifest.json");
  const help = "pass a folder of op fixtures";
  const { cases } = Object(await readDocument(path, help));
  const isNamed = (one: FixtureCase | null) => [one?.id, one?.op, one?.file].every((text) => typeof text === "string");
  if (Array.isArray(cases) && cases.every(isNamed)) return cases;
  throw new CheckpointError(`${path}: it lists no cases, or some without id, op or file`, help);
}

/** Runs the cases whose tensors `path` holds. Where it cannot be loaded all have failed. */
async function runFile(path: string, cases: readonly FixtureCase[]): Promise<ParityResult[]> {
  const stored = await loadTensors(path).catch((error: unknown) => {
    if (error instanceof ZeroSiamError) return error;
    throw error;
  });
  const results: ParityResult[] = [];
  for (const one of cases) {
    const result = compared(one.id, async (comparison) => {
      if (stored instanceof ZeroSiamError) throw stored;
      await runCase(one, required(Object.fromEntries(stored.tensors), `${one.id}: ${path}`), comparison);
    });
    results.push(await result);
  }
  if (!(stored instanceof ZeroSiamError)) for (const tensor of stored.tensors.values()) tensor.dispose();
  return results;
}

async function runCase(one: FixtureCase, stored: FixtureTensors, comparison: Comparison): Promise<void> {
  const where = `manifest.json: ${one.id}`;
  const names = recordOf(isText);
  checkFields(
    where,
    one,
    { attrs: isRecord, inputs: names, outputs: names, tol: isTolerance, ...(hasGradients(one) && { gy: isText }) },
    { grads: names, gy: isText, grad_tol: isTolerance },
  );
  const parts = required(one, where, ["grads", "gy", "grad_tol"]);
  const { outputs, gradients } = compute(parts, stored);
  const check = async (what: string, got: Tensor, key: string, tolerance: FixtureTolerance) => {
    const want = stored[key];
    if (sameShape(got.shape, want.shape)) comparison.add(what, await got.data(), await want.data(), tolerance);
    else comparison.fail(`${what} is ${formatShape(got.shape)}, not ${formatShape(want.shape)}`);
  };
  try {
    for (const [name, key] of Object.entries(parts.outputs)) await check(name, outputs[name], key, parts.tol);
    for (const [name, key] of Object.entries(parts.grads ?? {}))
      await check(`gradient of ${name}`, gradients[name], key, parts.grad_tol ?? parts.tol);
  } finally {
    // only now: where an op passes its gradient on, several inputs have the same tensor
    for (const tensor of [...Object.values(outputs), ...Object.values(gradients)]) tensor.dispose();
  }
}

const hasGradients = ({ grads }: FixtureCase): boolean => Object.keys(Object(grads)).length > 0;

interface Results {
  readonly outputs: FixtureTensors;
  readonly gradients: FixtureTensors;
}

/** The outputs, and the gradients of the inputs that have a stored one. */
function compute({ id, op, inputs, attrs, grads = {}, gy }: FixtureCase, stored: FixtureTensors): Results {
  return scope(() => {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, key]) => [name, stored[key]]));
    const where = (part: string) => `manifest.json: ${part} of ${id}`;
    const leaves = Object.keys(grads).map((name) => required(tensors, where("inputs"))[name].setRequiresGrad(true));
    const call = fixtureCall(op);
    const result = call(required(tensors, where("inputs"), OPTIONAL), required(attrs, where("attrs")));
    const outputs = required(result instanceof Tensor ? { y: result } : result, `the results of ${op} for ${id}`);
    if (!gy) return { outputs, gradients: {} };
    const gradients = grad(outputs.y, leaves, { gradient: stored[gy] });
    return { outputs, gradients: Object.fromEntries(Object.keys(grads).map((name, i) => [name, gradients[i]])) };
  });
}

/** `record`, with a CheckpointError for reading a name that is neither in it nor `optional`. */
function required<T extends object>(record: T, where: string, optional: readonly string[] = []): T {
  return new Proxy(record, {
    get(target, name) {
      if (Object.hasOwn(target, name) || optional.includes(String(name))) return Reflect.get(target, name);
      throw new CheckpointError(`${where}: no ${String(name)}`, "the folder's manifest.json and tensors do not fit");
    },
  });
}
