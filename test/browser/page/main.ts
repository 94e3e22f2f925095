// The page's half of the browser tests: what Node asks for by `page.evaluate`.
import { answerOn } from "../../../examples/browser/ownDevice.js";
import { OPS } from "../../../src/kernels/index.js";
import { warn } from "../../../src/tensor/device/warn.js";
import {
  currentDevice,
  type DeviceOptions,
  ones,
  openDevice,
  scope,
  ZeroSiamError,
  zeros,
} from "../../../src/tensor/index.js";
import type { AnyOp } from "../../../src/tensor/op.js";
import { apply } from "../../../src/tensor/run.js";
import { mismatch } from "../../ops/lib/compare.js";
import { hostInputs, upload } from "../../ops/lib/samples.js";
import { Soak, type SoakCounts, type WorkloadName } from "../../soak/lib/soak.js";
import { type Fixture, type StepOutcome, zeroSiamStep } from "./step.js";

/** An error as it crosses from the page to Node. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly help: string;
}

let soaking: Soak | null = null;

/** What the page offers. Each opens a device of its own, or uses the one opened last. */
const answers = {
  /** Opens the device and tells its adapter. */
  async open(): Promise<string> {
    return (await openDevice()).adapter.name;
  },

  /** What differs between the op's first sample on the device and its float64 reference; empty when nothing does. */
  async checkOp(name: string): Promise<string> {
    const op = OPS.find((candidate) => candidate.name === name) as AnyOp;
    const [sample] = op.samples;
    const hosts = hostInputs(op, sample, 0);
    const params = op.params?.(hosts, ...(sample.args ?? []));
    const want = op.reference(hosts, params);
    const outputs = scope(() => {
      const inputs = hosts.map((host) => host && upload(host, currentDevice()));
      return apply(op, inputs, sample.args ?? []);
    });
    const reports: string[] = [];
    for (const [i, info] of op.infer(hosts, params).entries()) {
      reports.push(mismatch(await outputs[i].data(), want[i], info, op.tolerance(hosts, params)));
      outputs[i].dispose();
    }
    return reports.filter((report) => report !== "").join("\n");
  },

  /** A step on the fixture `/fixtures/zerosiam/NAME.*`. */
  async step(name: string): Promise<StepOutcome> {
    const [json, file] = await Promise.all(
      ["json", "safetensors"].map((extension) => fetch(`/fixtures/zerosiam/${name}.${extension}`)),
    );
    return zeroSiamStep((await json.json()) as Fixture, new Uint8Array(await file.arrayBuffer()));
  },

  /** Begins a workload of the soak, in place of the last one. */
  async startSoak(name: WorkloadName): Promise<void> {
    soaking?.dispose();
    soaking = new Soak(name);
  },

  /** As many steps more of it. */
  async soak(steps: number): Promise<SoakCounts> {
    return (soaking as Soak).run(steps);
  },

  /** The logits of digits on a device of the page's own, and what the page computes on it afterwards: 7. */
  async answerOnOwn(images: readonly number[]): Promise<{ logits: number[]; after: number }> {
    const gpu = (await (await navigator.gpu.requestAdapter())?.requestDevice()) as GPUDevice;
    const weights = await (await fetch("/examples/browser/digits.safetensors")).blob();
    const logits = [...(await answerOn(gpu, weights, Float32Array.from(images)))];
    const buffer = gpu.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    gpu.queue.writeBuffer(buffer, 0, Int32Array.of(7));
    await buffer.mapAsync(GPUMapMode.READ);
    return { logits, after: new Int32Array(buffer.getMappedRange())[0] };
  },

  /** What a page is told by default. */
  warn: () => warn({ about: "tensors", message: "a warning of a test", help: "none is needed" }),

  openFailure: (options: DeviceOptions) => failureOf(() => openDevice(options)),

  /** The device goes away, as it does when the driver resets; then a result is asked for. */
  lossFailure: () =>
    failureOf(async () => {
      const device = await openDevice();
      const x = ones([4]);
      device.gpu.destroy();
      await device.gpu.lost;
      await x.add(1).data();
    }),

  /** A tensor of `elements` is made on a device that may hold `memoryBudget` bytes. */
  budgetFailure: (memoryBudget: number, elements: number) =>
    failureOf(async () => {
      await openDevice({ memoryBudget });
      await zeros([elements]).data();
    }),
};

async function failureOf(run: () => Promise<unknown>): Promise<Failure | null> {
  try {
    await run();
    return null;
  } catch (error) {
    const { name, message } = error as Error;
    return { name, message, help: error instanceof ZeroSiamError ? error.help : "" };
  }
}

declare global {
  /** What Node calls by `page.evaluate`. */
  var inPage: typeof answers;
}
globalThis.inPage = answers;
