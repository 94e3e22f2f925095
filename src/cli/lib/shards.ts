// A run that several processes share: its files, and starting the processes.
import { type ChildProcess, spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { mergeResults } from "../../experiments/sweep/merge.js";
import { type Finished, readResults } from "../../experiments/sweep/results.js";
import type { Shard } from "../../experiments/sweep/shard.js";
import { ZeroSiamError } from "../../tensor/index.js";
import { EXIT } from "./failure.js";
import { STOP_SIGNALS } from "./interrupt.js";

/** `run.1-of-2.jsonl` of `run.jsonl`; the file itself for a run that is not shared. */
export function shardPath(path: string, { index, count }: Shard): string {
  return count === 1 ? path : path.replace(/(\.\w+)?$/, `.${index}-of-${count}$1`);
}

/** The files of the shards of `path` that exist, however many shards there were. */
export async function shardFiles(path: string): Promise<string[]> {
  const [, stem, end] = /^(.*?)(\.\w+)?$/.exec(basename(path)) as unknown as [string, string, string];
  const isShard = (name: string): boolean =>
    name.startsWith(`${stem}.`) && /^\d+-of-\d+$/.test(name.slice(stem.length + 1, name.length - end.length));
  return (await readdir(dirname(path))).filter(isShard).map((name) => join(dirname(path), name));
}

/** Every cell in the file and its shards' files. Throws CheckpointError when they contradict each other. */
export async function readCells(path: string): Promise<Finished[]> {
  const paths = [path, ...(await shardFiles(path))];
  return mergeResults(
    await Promise.all(paths.map(async (one) => ({ path: one, cells: (await readResults(one)).cells }))),
  );
}

/**
 * Runs this command line again as `count` processes, `--shard 1/count` and so on; software adapters share the cores.
 * False when one was interrupted. Throws ZeroSiamError when one fails; then the others are stopped.
 */
export async function runShards(count: number): Promise<boolean> {
  // Mesa's lavapipe takes all cores for itself otherwise. With 0 it has no threads but the one that Dawn waits for: a single
  // one of its own would only take turns with that.
  const cores = Math.floor(availableParallelism() / count);
  const env = { LP_NUM_THREADS: String(cores > 1 ? cores : 0), ...process.env };
  const children = Array.from({ length: count }, (_, i) => {
    const args = [...process.execArgv, ...process.argv.slice(1), "--shard", `${i + 1}/${count}`];
    // Through the channel they learn when this process has ended, however it did: then they stop too (interrupt.ts).
    return spawn(process.execPath, args, { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  });
  const stop = (): void => {
    for (const child of children) child.kill("SIGINT");
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  try {
    const codes = await Promise.all(
      children.map(async (child) => {
        const code = await exitOf(child);
        if (code !== EXIT.done) stop(); // what it leaves undone, the others would wait for
        return code;
      }),
    );
    const failed = codes.find((code) => code !== EXIT.done && code !== EXIT.interrupted);
    if (failed !== undefined) throw new ZeroSiamError("a process of this run failed", "see what it printed above");
    return codes.every((code) => code === EXIT.done);
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
  }
}

/**
 * Its exit code, null when it was killed; one that ends by a signal to stop, since it does not listen yet or no longer,
 * was interrupted. Rejects when it does not start.
 */
function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(STOP_SIGNALS.some((one) => one === signal) ? EXIT.interrupted : code));
  });
}
