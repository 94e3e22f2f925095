// A process that tries mutants, one at a time, as the parent sends them; one that hangs or crashes takes only this along.
import { readFileSync } from "node:fs";
import { Device, memory, setCurrentDevice } from "../../src/tensor/index.js";
import type { AnyOp } from "../../src/tensor/op.js";
import type { StepFixture } from "../../src/zerosiam/parity/stepFixture.js";
import { opFailures } from "../../test/ops/lib/checks.js";

/** A change of one file, and the files of ops whose checks may notice it; none for losses, which runs of methods notice. */
export interface Trial {
  readonly id: number;
  /** Null for the ops as they are. */
  readonly change: { readonly file: string; readonly from: number; readonly to: number; readonly text: string } | null;
  readonly ops: readonly string[];
}

export interface Outcome {
  readonly id: number;
  /** The first failure found; null where the mutant lives. */
  readonly failure: string | null;
  readonly ms: number;
}

/** The worker has started, or has come to the next op. */
export type Signal = "ready" | "working";

/** Cases of the op fixtures that are losses. */
const LOSSES = ["entropy", "come_loss", "kl", "sym_kl", "zerosiam_loss"];
/** Fixtures of small nets that run every method, with every option. */
const RUNS = ["zerosiam-options/mlp_options", "zerosiam/mlp_ln"];
const MAX_BYTES = 2 ** 29;

let device: Device | null = null;

process.on("message", async (trial: Trial) => {
  const started = performance.now();
  const failure = await firstFailure(trial);
  process.send?.({ id: trial.id, failure, ms: performance.now() - started } satisfies Outcome);
});
process.send?.("ready" satisfies Signal);

async function firstFailure({ change, ops }: Trial): Promise<string | null> {
  const addressOf = (path: string) => {
    const address = new URL(`../../${path}`, import.meta.url);
    if (change) address.search = `${new URLSearchParams({ ...change, from: `${change.from}`, to: `${change.to}` })}`;
    return address.href;
  };
  if (ops.length === 0) {
    await openedDevice();
    const { runOpsParity }: typeof import("../../src/zerosiam/parity/ops.js") = await import(
      addressOf("src/zerosiam/parity/ops.ts")
    );
    const results = await runOpsParity("test/fixtures/ops", { only: LOSSES }).catch((error) => [
      { passed: false, detail: `${error}` },
    ]);
    const failed = results.find(({ passed }) => !passed);
    return failed ? failed.detail : runFailure(await import(addressOf("src/zerosiam/parity/steps.ts")));
  }
  for (const path of ops) {
    process.send?.("working" satisfies Signal);
    const open = await openedDevice();
    let failure: string | undefined;
    try {
      for (const op of opsOf(await import(addressOf(path)))) failure ??= (await opFailures(op, open, 1))[0];
      await open.sync(); // what the driver says late belongs to this mutant
    } catch (error) {
      failure ??= String(error);
    }
    if (failure !== undefined) return failure;
  }
  return null;
}

/** The first run of a method that departs from PyTorch's. */
async function runFailure({
  runStepParity,
}: typeof import("../../src/zerosiam/parity/steps.js")): Promise<string | null> {
  for (const name of RUNS) {
    const fixture: StepFixture = JSON.parse(readFileSync(`test/fixtures/${name}.json`, "utf8"));
    for (const run of Object.keys(fixture.runs)) {
      process.send?.("working" satisfies Signal);
      try {
        const [result] = await runStepParity(fixture, `test/fixtures/${name}.safetensors`, [run]);
        if (!result?.passed) return `${run}: ${result?.detail}`;
      } catch (error) {
        return String(error);
      }
    }
  }
  return null;
}

/** The device, or a new one where a mutant has broken it or left much behind. */
async function openedDevice(): Promise<Device> {
  if (device && (device.lost || memory(device).liveBytes > MAX_BYTES)) {
    device.destroy();
    device = null;
  }
  device ??= await Device.open();
  setCurrentDevice(device);
  return device;
}

function opsOf(module: Record<string, unknown>): AnyOp[] {
  return Object.values(module).filter((value): value is AnyOp => (value as AnyOp | null)?.samples !== undefined);
}
