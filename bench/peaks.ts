// What the machine can do at best, measured in the same run: the driver's own copy, and a large product.
import { noGrad, scope } from "../src/tensor/index.js";
import { benchInput } from "./inputs.js";
import { type Timer, timeCall } from "./timing.js";

/** A call's `ofPeak` is the time these would need for its operations or its bytes, whichever is longer, over its own. */
export interface Peaks {
  /** 10⁹ bytes a second, read and written, of a copy from buffer to buffer. What stays in caches is faster. */
  readonly copyGbs: number;
  /** 10⁹ operations a second of this engine's own best square matmul. */
  readonly matmulGflops: number;
}

/** Bytes and number of the copies, sides of the products: far more than caches hold, done within a second. */
const SCALE = {
  software: { bytes: 2 ** 25, copies: 4, sides: [256, 512] },
  gpu: { bytes: 2 ** 28, copies: 32, sides: [1024, 2048, 4096] },
} as const;

export async function measurePeaks(timer: Timer): Promise<Peaks> {
  let matmulGflops = 0;
  for (const side of SCALE[timer.device.caps.kind].sides) {
    matmulGflops = Math.max(matmulGflops, await matmulSpeed(timer, side));
  }
  return { copyGbs: await copySpeed(timer), matmulGflops };
}

/** Share of the peaks that a call reaches; undefined when it neither computes nor moves anything. */
export function shareOfPeak(
  { flops = 0, bytes }: { readonly flops?: number; readonly bytes: number },
  ms: number,
  { copyGbs, matmulGflops }: Peaks,
): number | undefined {
  const bestMs = Math.max(flops / matmulGflops, bytes / copyGbs) / 1e6;
  return bestMs > 0 ? bestMs / ms : undefined;
}

async function matmulSpeed(timer: Timer, side: number): Promise<number> {
  using a = benchInput([side, side], timer.device);
  const call = () => scope(() => noGrad(() => a.matmul(a)).dispose());
  const { deviceMs, wallMs } = await timeCall(timer, call);
  return (2 * side ** 3) / (deviceMs ?? wallMs) / 1e6;
}

async function copySpeed({ device, sampler, effort }: Timer): Promise<number> {
  const { bytes, copies } = SCALE[device.caps.kind];
  const [from, to] = [0, 1].map(() => device.acquire(bytes, "bench"));
  const seconds = await sampler(async () => {
    const encoder = device.gpu.createCommandEncoder();
    for (let i = 0; i < copies; i++) encoder.copyBufferToBuffer(from.gpu, 0, to.gpu, 0, bytes);
    device.gpu.queue.submit([encoder.finish()]);
    await device.sync();
  }, effort);
  for (const buffer of [from, to]) device.release(buffer);
  return (2 * bytes * copies) / seconds / 1e9;
}
