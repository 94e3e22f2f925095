// A process that tries mutants, one at a time, as the parent sends them; one that hangs or crashes takes only this along.
import { readFileSync } from "node:fs";
import type { StepFixture } from "../../src/parity/stepFixture.js";
import { Device, memory, setCurrentDevice } from "../../src/tensor/index.js";
import type { AnyOp } from "../../src/tensor/op.js";
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
  readonly kind: Kind;
  readonly ms: number;
}

/** How a mutant was found: a check failed, threw, could not import it, or its process crashed or took too long. */
type Kind = "check" | "error" | "import" | "crash" | "time";

/** A check's failure. */
interface Failure {
  readonly failure: string;
  readonly kind: Kind;
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
  const found = await firstFailure(trial);
  process.send?.({
    id: trial.id,
    failure: null,
    kind: "check",
    ...found,
    ms: performance.now() - started,
  } satisfies Outcome);
});
process.send?.("ready" satisfies Signal);

async function firstFailure({ change, ops }: Trial): Promise<Failure | null> {
  const addressOf = (path: string) => {
    const address = new URL(`../../${path}`, import.meta.url);
    if (change) address.search = `${new URLSearchParams({ ...change, from: `${change.from}`, to: `${change.to}` })}`;
    return address.href;
  };
  if (ops.length === 0) {
    await openedDevice();
    let ops: typeof import("../../src/parity/ops.js");
    let steps: typeof import("../../src/parity/steps.js");
    try {
      ops = await import(addressOf("src/parity/ops.ts"));
      steps = await import(addressOf("src/parity/steps.ts"));
    } catch (error) {
      return { failure: String(error), kind: "import" };
    }
    try {
      const failed = (await ops.runOpsParity("test/fixtures/ops", { only: LOSSES })).find(({ passed }) => !passed);
      return failed ? { failure: failed.detail, kind: "check" } : await runFailure(steps);
    } catch (error) {
      return { failure: String(error), kind: "error" };
    }
  }
  for (const path of ops) {
    process.send?.("working" satisfies Signal);
    const open = await openedDevice();
    let module: Record<string, unknown>;
    try {
      module = await import(addressOf(path));
    } catch (error) {
      return { failure: String(error), kind: "import" };
    }
    let failure: string | undefined;
    let kind: Kind = "check";
    try {
      for (const op of opsOf(module)) failure ??= (await opFailures(op, open, 1))[0];
      await open.sync(); // what the driver says late belongs to this mutant
    } catch (error) {
      if (failure === undefined) kind = "error";
      failure ??= String(error);
    }
    if (failure !== undefined) return { failure, kind };
  }
  return null;
}

/** The first run of a method that departs from PyTorch's. */
async function runFailure({ runStepParity }: typeof import("../../src/parity/steps.js")): Promise<Failure | null> {
  for (const name of RUNS) {
    const fixture: StepFixture = JSON.parse(readFileSync(`test/fixtures/${name}.json`, "utf8"));
    for (const run of Object.keys(fixture.runs)) {
      process.send?.("working" satisfies Signal);
      const [result] = await runStepParity(fixture, `test/fixtures/${name}.safetensors`, [run]);
      if (!result?.passed) return { failure: `${run}: ${result?.detail}`, kind: "check" };
    }
  }
  return null;
}

/** The device, or a new one where a mutant has broken it or left much behind. */
async function openedDevice(): Promise<Device> {
  if (device && (device.failed || memory(device).liveBytes > MAX_BYTES)) {
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
