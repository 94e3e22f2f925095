// One task on all libraries: first whether they agree with ours, then who takes how long, in turns.
import { median } from "../row.js";
import type { Library, Runner, Task } from "./library.js";

/** A row of the comparison. */
export interface PeerRow {
  readonly work: string;
  readonly ours_ms: number;
  /** Medians by library; those without such a computation, or with a wrong result, are missing. */
  readonly peers: Readonly<Record<string, number>>;
  /** Best peer ÷ ours; null without peers. */
  readonly ratio: number | null;
  /** Mean |difference| from our result over the mean of our magnitudes. */
  readonly difference: Readonly<Record<string, number>>;
  /** Libraries that failed or differ too much, and how. */
  readonly wrong: Readonly<Record<string, string>>;
}

/** Rounding alone: sums of up to a few thousand float32 terms, in any order, by any of the usual approximations. */
const AGREES = 1e-4;
const ROUNDS = 5;
const ROUND_MS = 30; // many times what waiting costs

export async function compare(task: Task, ours: Library, peers: readonly Library[]): Promise<PeerRow> {
  const own = (await ours.prepare(task)) as Runner;
  const want = await own.read();
  const runners = new Map([[ours.name, own]]);
  const difference: Record<string, number> = {};
  const wrong: Record<string, string> = {};
  for (const peer of peers) {
    try {
      const runner = await peer.prepare(task);
      if (!runner) continue;
      difference[peer.name] = relativeDifference(await runner.read(), want);
      if (difference[peer.name] <= AGREES) runners.set(peer.name, runner);
      else wrong[peer.name] = `differs by ${difference[peer.name]}`;
    } catch (error) {
      wrong[peer.name] = (error as Error).message;
    }
  }
  const times = await takeTurns(runners);
  for (const runner of runners.values()) runner.dispose();
  const { [ours.name]: ours_ms, ...theirs } = times;
  const best = Math.min(...Object.values(theirs));
  const ratio = Number.isFinite(best) ? best / ours_ms : null;
  return { work: task.name, ours_ms, peers: theirs, ratio, difference, wrong };
}

/** Median milliseconds of one computation of each, in rounds in which each has its turn. */
async function takeTurns(runners: ReadonlyMap<string, Runner>): Promise<Record<string, number>> {
  const times = new Map<string, { repeats: number; ms: number[] }>();
  for (const [name, runner] of runners) {
    await runner.run(1); // compiles what reading did not need
    const repeats = Math.ceil(ROUND_MS / (await timed(() => runner.run(1))));
    times.set(name, { repeats, ms: [] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, { repeats, ms }] of times) {
      const runner = runners.get(name) as Runner;
      ms.push((await timed(() => runner.run(repeats))) / repeats);
    }
  }
  return Object.fromEntries([...times].map(([name, { ms }]) => [name, median(ms)]));
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function relativeDifference(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [error, magnitude] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    error += Math.abs(got[i] - want[i]);
    magnitude += Math.abs(want[i]);
  }
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / magnitude;
}
