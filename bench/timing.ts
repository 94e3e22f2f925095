// Times a call that encodes GPU work: by the wall's clock, and by the device's where it has one.
import type { Device } from "../src/tensor/index.js";
import { median } from "./row.js";
import type { Effort, Sampler } from "./sampler.js";

const BATCH_MS = 20; // many times what waiting for the device costs
const MAX_BATCH = 512;

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
  call(); // drivers compile a kernel when it first runs
  await device.sync();
  const before = device.stats.dispatches;
  const start = performance.now();
  call();
  await device.sync();
  const batch = Math.min(MAX_BATCH, Math.max(1, Math.round(BATCH_MS / (performance.now() - start))));
  const dispatches = device.stats.dispatches - before;
  const encode = (): void => {
    for (let i = 0; i < batch; i++) call();
  };
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

/** Median milliseconds of all kernels that `encode` launches. */
async function medianOnDevice(device: Device, encode: () => void, rounds: number): Promise<number> {
  const totals: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const times = await device.profile(encode);
    totals.push(times.reduce((sum, { nanoseconds }) => sum + nanoseconds / 1e6, 0));
  }
  return median(totals);
}
