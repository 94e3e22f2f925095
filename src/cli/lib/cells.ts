// Computes cells for a command, one by one, each kept when it is done, with progress on stderr.

import { type CellResult, type CellSetting, headline } from "../../experiments/sweep/cell.js";
import { CellRunner } from "../../experiments/sweep/cellRunner.js";
import { type Finished, ResultsFile } from "../../experiments/sweep/results.js";
import { assetPath } from "../../nn/io/assets.js";
import { clock, percent } from "../../report/format.js";
import { forTerminal } from "../../report/text/printable.js";
import { ConfigError } from "../../tensor/index.js";
import type { Session } from "./session.js";
import { VERSION } from "./versions.js";

export interface CellWork {
  readonly session: Session;
  readonly runner: CellRunner;
  readonly results: { add(cell: Finished): unknown };
  /** What of a result is kept; default: all. */
  keep?(setting: CellSetting, result: CellResult): CellResult;
}

/** Computes `left`, of which `done` others need not be; false when Ctrl-C came before the end. */
export async function computeCells(
  { session, runner, results, keep = (_, result) => result }: CellWork,
  left: readonly CellSetting[],
  done: number,
): Promise<boolean> {
  const start = performance.now();
  for (const [i, setting] of left.entries()) {
    const computed = await runner
      .run(setting, () => session.interrupt.requested)
      .catch((error: unknown) => {
        tell(`${settingText(setting)}: failed`);
        throw error;
      });
    if (!computed) {
      const next = results instanceof ResultsFile ? "goes on" : "starts anew"; // the others are kept in memory
      tell(`stopped with ${left.length - i} cells to compute; the same command ${next}`);
      return false;
    }
    const { adapter } = session.device;
    const cell: Finished = { setting, adapter: adapter.name, inputs: runner.inputs, ...computed };
    await results.add({ ...cell, result: keep(setting, cell.result) });
    const seconds = ((performance.now() - start) / 1000 / (i + 1)) * (left.length - i - 1);
    const count = `${done + i + 1}/${done + left.length}`;
    tell(
      `${count}  ${settingText(setting)}: ${percent(headline(cell).accuracy ?? Number.NaN)}  ${clock(seconds)} left`,
    );
  }
  return true;
}

/** Opens a file of cells, or begins one. Throws CheckpointError. */
export async function openResults(path: string): Promise<ResultsFile> {
  const results = await ResultsFile.open(path);
  if (results.mended) tell(`${path}: the last line was cut off; its cell is computed again`);
  return results;
}

/** Throws ConfigError for cells in `path` that this run would not have computed: of other inputs or another adapter. */
export function checkOrigin(
  path: string,
  cells: Iterable<Finished>,
  { session, runner }: Pick<CellWork, "session" | "runner">,
): void {
  const { adapter } = session.device;
  for (const cell of cells) {
    if (cell.inputs === runner.inputs && cell.adapter === adapter.name) continue;
    throw new ConfigError(
      `${path}: has cells of other weights or data, another version or another adapter (${cell.adapter})`,
      "write elsewhere, or delete the file",
    );
  }
}

/** A runner of cells on the shipped digits, for commands that make their settings themselves. */
export async function openDigitsRunner({ curves }: { curves: boolean }): Promise<CellRunner> {
  const [weights, validation, test] = await Promise.all(
    ["digits", "digits-validation", "digits-test"].map((name) => assetPath(`${name}.safetensors`)),
  );
  const config = { model: "digits", weights, data: { validation, test }, shards: undefined, curves, settings: [] };
  return CellRunner.open(config, VERSION);
}

/** Progress is no result: it goes to stderr. */
export function tell(line: string): void {
  process.stderr.write(`${forTerminal(line)}\n`);
}

/** A cell's setting as a line of progress has it. */
function settingText(setting: CellSetting): string {
  const { stream, part, method, seed, lr, lrPredictor, batchSize, model: _, ...options } = setting;
  const rates = [lr, lrPredictor].filter((rate) => rate !== null).join(" / ");
  const others = Object.entries({ ...(batchSize === null ? {} : { batch: batchSize }), ...options, seed });
  return `${stream}, ${part}  ${method}${rates ? ` ${rates}` : ""}  ${others.map((pair) => pair.join(" ")).join(", ")}`;
}
