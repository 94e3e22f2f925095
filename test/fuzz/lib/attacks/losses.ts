// Devices that are lost at random moments of all that people wait for.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restore, save } from "../../../../examples/lostDevice.js";
import { encodeTensors, loadSafetensors } from "../../../../src/nn/index.js";
import {
  type Device,
  DeviceLostError,
  memory,
  openDevice,
  Rng,
  setCurrentDevice,
} from "../../../../src/tensor/index.js";
import { METHODS } from "../../../../src/zerosiam/methods/index.js";
import { type AttackOptions, attempt, type Counts } from "./attack.js";
import { OPERATIONS, type Subject } from "./operations.js";
import { disposeSubject, images, pixels, subject } from "./subject.js";

/** A method where another one left off. */
interface Start {
  readonly name: string;
  readonly saved: Awaited<ReturnType<typeof save>>;
  readonly weights: Uint8Array;
  readonly path: string;
}

/** Sees to it that `lose` is called in what is done next. */
type Moment = (device: Device, lose: () => void) => void;

/**
 * Each run goes on from a saved state on a device of its own, which is lost in an operation of a method. That gives what it
 * gives on a device that stays, or rejects with DeviceLostError; all that follows throws it, nothing stays behind, and a
 * file is whole or not there.
 */
export async function loseDevices(options: AttackOptions): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "zerosiam-losses-"));
  const calm = await openDevice();
  const starts = new Map<string, Start>();
  const wanted = new Map<string, unknown>();
  const counts = await attempt(options, async (rng, run) => {
    const name = METHODS[run % METHODS.length];
    const operation = rng.choice(Object.keys(OPERATIONS));
    setCurrentDevice(calm);
    const start = starts.get(name) ?? (await startOf(name, join(folder, "weights.safetensors")));
    starts.set(name, start);
    const key = `${name}: ${operation}`;
    if (!wanted.has(key)) wanted.set(key, await give(start, operation, calm));
    await rm(start.path, { force: true });
    const device = await openDevice({});
    try {
      const given = await give(start, operation, device, momentOf(rng));
      if (!(given instanceof DeviceLostError)) assert.deepEqual(given, wanted.get(key), key);
      const left = await readdir(folder);
      if (left.length > 0) await loadSafetensors(start.path);
      assert.ok(left.length < 2, `${left} are left`);
      return given instanceof DeviceLostError ? "refused by type" : "done before";
    } catch (cause) {
      throw new Error(`${key}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    } finally {
      device.destroy();
    }
  });
  await rm(folder, { recursive: true });
  setCurrentDevice(calm);
  return counts;
}

/** A method after a step. */
async function startOf(name: string, path: string): Promise<Start> {
  const method = subject(name, { history: 1 });
  using batch = images(pixels(new Rng(1), 3));
  method.step(batch);
  const start = { name, path, saved: await save(method), weights: await encodeTensors(method.model.stateDict()) };
  disposeSubject(method);
  return start;
}

/** What an operation gives, or the error that tells of the loss. */
async function give(start: Start, operation: string, device: Device, moment?: Moment): Promise<unknown> {
  const live = memory().tensors;
  const method = subject(start.name, { history: 1 });
  restore(method, start.saved);
  const batch = images(pixels(new Rng(2), 3));
  const it: Subject = { ...start, device, method, batch };
  try {
    await method.step(batch).logits.data();
    if (!moment) return await OPERATIONS[operation](it);
    moment(device, () => device.gpu.destroy()); // as a driver's reset does
    const given = await OPERATIONS[operation](it).catch((error: unknown) => error);
    device.gpu.destroy(); // where its moment has not come
    const reason = await device.lost;
    assert.ok(reason instanceof DeviceLostError);
    assert.throws(() => method.step(batch), reason);
    await assert.rejects(batch.data(), reason);
    if (given instanceof Error && !(given instanceof DeviceLostError)) throw given;
    return given;
  } finally {
    disposeSubject(method);
    batch.dispose();
    assert.equal(memory().tensors, live, "tensors are left over");
  }
}

/** At an allocation, or some turns or milliseconds later. */
function momentOf(rng: Rng): Moment {
  const [kind, allocation, turns, ms] = [rng.int(3), 1 + rng.int(60), rng.int(40), rng.int(30)];
  if (kind === 0) return (device, lose) => atAllocation(device, allocation, lose);
  if (kind === 1) return (_, lose) => void afterTurns(turns).then(lose);
  return (_, lose) => void setTimeout(lose, ms);
}

function atAllocation(device: Device, allocation: number, lose: () => void): void {
  const acquire = device.acquire;
  let asked = 0;
  device.acquire = function (bytes, what) {
    if (++asked === allocation) lose();
    return acquire.call(this, bytes, what);
  };
}

async function afterTurns(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await null;
}
