// Times a call that encodes GPU work: by the wall's clock, and by the device's where it has one.
import type { Device } from "../src/tensor/index.js";
import { median } from "./row.js";
import type { Effort, Sampler } from "./sampler.js";

const BATCH_MS = 10; // many times what waiting for the device costs
const MAX_BATCH = 1024;

/** What a measurement needs. */
export interface Timer {
  readonly device: Device;
  readonly sampler: Sampler;
  readonly effort: Effort;
}

export interface Timing {
  readonly wallMs: number;
  /** Null where the device has no timestamps, or nothing was launched. */
  readonly deviceMs: number | null;
  readonly dispatches: number;
}

/** Medians over batches of calls; a batch is encoded at once and waited for once. `call` must free what it makes. */
export async function timeCall({ device, sampler, effort }: Timer, call: () => void): Promise<Timing> {
  const before = device.stats.dispatches;
  call();
  const dispatches = device.stats.dispatches - before;
  await device.sync(); // drivers compile a kernel when it first runs
  const batch = await batchSize(device, call);
  const encode = () => repeat(batch, call);
  const seconds = await sampler(async () => {
    encode();
    await device.sync();
  }, effort);
  const onDevice = dispatches > 0 && device.gpu.features.has("timestamp-query");
  return {
    wallMs: (1000 * seconds) / batch,
    deviceMs: onDevice ? (await medianOnDevice(device, encode, effort.rounds)) / batch : null,
    dispatches,
  };
}

/** How many calls fill BATCH_MS. */
async function batchSize(device: Device, call: () => void): Promise<number> {
  for (let batch = 1; batch < MAX_BATCH; batch *= 4) {
    const start = performance.now();
    repeat(batch, call);
    await device.sync();
    if (performance.now() - start >= BATCH_MS) return batch;
  }
  return MAX_BATCH;
}

function repeat(times: number, call: () => void): void {
  for (let i = 0; i < times; i++) call();
}

/** Median milliseconds of all kernels that `encode` launches. */
async function medianOnDevice(device: Device, encode: () => void, rounds: number): Promise<number> {
  const totals: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const times = await device.profile(encode);
    totals.push(times.reduce((sum, { nanoseconds }) => sum + nanoseconds / 1e6, 0));
  }
  return median(totals);
}
