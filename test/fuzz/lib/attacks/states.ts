// States and weights with something wrong: refused by type, and nothing has changed, or taken over as they are.
import assert from "node:assert/strict";
import {
  encodeTensors,
  loadTensors,
  loadWeights,
  readSafetensors,
  writeSafetensors,
} from "../../../../src/nn/index.js";
import { CheckpointError, memory, openDevice, type Tensor, type TypedArray } from "../../../../src/tensor/index.js";
import { METHODS, type Method } from "../../../../src/zerosiam/methods/index.js";
import { type AttackOptions, attempt, type Counts } from "./attack.js";
import { type Entry, mutant } from "./mutants.js";
import { allFinite, disposeSubject, images, pixels, subject, values, withoutCounter } from "./subject.js";

type Values = ReadonlyMap<string, TypedArray>;

/** A method, and what it and its model are when all is well. */
interface Good {
  readonly method: Method;
  readonly state: readonly Entry[];
  readonly weights: readonly Entry[];
}

/** By turns a state of each method and weights of its model, changed and loaded from the bytes of a file. */
export async function loadMutants(options: AttackOptions): Promise<Counts> {
  await openDevice();
  const all: Good[] = [];
  for (const name of METHODS) {
    const method = subject(name, { optimizer: name === "tent" ? "adam" : "sgd" });
    all.push({ method, state: await entriesOf(method.state()), weights: await entriesOf(method.model.stateDict()) });
  }
  const counts = await attempt(options, async (rng, run) => {
    const { method, state, weights } = all[run % all.length];
    const other = all[rng.int(all.length)];
    const live = memory().tensors;
    if (rng.int(2) === 0) {
      const outcome = await loadMutantState(method, writeSafetensors(mutant(state, rng, other.state)));
      assert.equal(memory().tensors, live, "tensors are left over");
      if (outcome === "states taken over") await goOn(method, pixels(rng, 2), writeSafetensors(state));
      return outcome;
    }
    const strict = rng.int(2) === 0;
    const outcome = await loadMutantWeights(method, writeSafetensors(mutant(weights, rng, other.state)), strict);
    assert.equal(memory().tensors, live, "tensors are left over");
    await loadWeights(method.model, writeSafetensors(weights));
    return outcome;
  });
  for (const { method } of all) disposeSubject(method);
  return counts;
}

/** As a file has them: the method has made no step, so that they stay what they are. */
async function entriesOf(tensors: ReadonlyMap<string, Tensor>): Promise<Entry[]> {
  return [...readSafetensors(await encodeTensors(tensors)).tensors];
}

/** Whether `load` did what it is to do; a refusal by type leaves `tensors` as they were. */
async function taken(tensors: () => ReadonlyMap<string, Tensor>, load: () => unknown): Promise<boolean> {
  const before = await values(tensors());
  try {
    await load();
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    assert.deepEqual(await values(tensors()), before, "something has changed");
    return false;
  }
}

async function loadMutantState(method: Method, file: Uint8Array): Promise<string> {
  let given: Values = new Map();
  const load = async () => {
    const { tensors } = await loadTensors(file);
    try {
      given = await values(tensors);
      method.loadState(tensors);
    } finally {
      for (const t of tensors.values()) t.dispose();
    }
  };
  if (!(await taken(() => method.state(), load))) return "states refused";
  const now = await values(method.state());
  for (const [name, array] of given) if (now.has(name)) assert.deepEqual(now.get(name), array, name);
  return "states taken over";
}

/** A step from the state that was taken over: it learns, or has changed nothing. Then the good state is loaded. */
async function goOn(method: Method, batch: Float32Array<ArrayBuffer>, good: Uint8Array): Promise<void> {
  const before = await values(method.state());
  using shown = images(batch);
  const { updated } = await method.step(shown).metrics.read();
  const after = await values(method.state());
  if (updated) assert.ok(allFinite(after), "learnt what is not finite");
  else assert.deepEqual(withoutCounter(after), withoutCounter(before));
  const { tensors } = await loadTensors(good);
  method.loadState(tensors);
  for (const t of tensors.values()) t.dispose();
}

async function loadMutantWeights({ model }: Method, file: Uint8Array, strict: boolean): Promise<string> {
  if (
    !(await taken(
      () => model.stateDict(),
      () => loadWeights(model, file, { strict }),
    ))
  )
    return "weights refused";
  assert.ok(allFinite(await values(model.stateDict())), "weights that are not finite");
  return "weights taken over";
}
