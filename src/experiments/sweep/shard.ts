// Which part of a grid this process computes: told by a flag, by Slurm, or by Kubernetes.
import { ConfigError } from "../../tensor/index.js";

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The cell at `position` in the grid's order is this shard's. Taking turns spreads dear cells, which stand together. */
export function inShard({ index, count }: Shard, position: number): boolean {
  return position % count === index;
}

/** `i/n`, counted from 0 or from 1 alike: n/n is 0/n. Throws ConfigError. */
export function parseShard(text: string): Shard {
  const [, i, n] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const [index, count] = [Number(i), Number(n)];
  if (n === undefined || count < 1 || index > count) {
    throw new ConfigError(`--shard: "${text}" is no shard`, "write i/n with i from 1 to n, or from 0 to n − 1: 1/3");
  }
  return { index: index % count, count };
}

/**
 * The shard of a process that was started by an array job: of Slurm (SLURM_ARRAY_TASK_ID, _MIN, _STEP and _COUNT) or an
 * indexed job of Kubernetes (JOB_COMPLETION_INDEX, which comes without a count: JOB_COMPLETIONS, set in the manifest).
 * `count`, from the config, goes before what the environment states: then the task's number is the shard's index, and
 * one task that is submitted again, as an array of its own, is still that shard. Without either job the shard is all:
 * 0 of 1. Throws ConfigError when numbers are missing or do not fit.
 */
export function shardFromEnvironment(env: Environment, count?: number): Shard {
  if (env.SLURM_ARRAY_TASK_ID !== undefined) {
    const id = integer(env, "SLURM_ARRAY_TASK_ID");
    if (count !== undefined) return checked("SLURM_ARRAY_TASK_ID", id, count);
    const index = (id - integer(env, "SLURM_ARRAY_TASK_MIN", 0)) / integer(env, "SLURM_ARRAY_TASK_STEP", 1);
    return checked("SLURM_ARRAY_TASK_ID", index, integer(env, "SLURM_ARRAY_TASK_COUNT"));
  }
  if (env.JOB_COMPLETION_INDEX !== undefined) {
    const index = integer(env, "JOB_COMPLETION_INDEX");
    return checked("JOB_COMPLETION_INDEX", index, count ?? integer(env, "JOB_COMPLETIONS"));
  }
  return { index: 0, count: 1 };
}

function integer(env: Environment, name: string, otherwise?: number): number {
  const text = env[name];
  if (text === undefined && otherwise !== undefined) return otherwise;
  if (text !== undefined && /^\d+$/.test(text)) return Number(text);
  const found = text === undefined ? "is not set" : `is "${text}", no integer`;
  throw new ConfigError(`${name} ${found}`, "set it, or say which shard this is with --shard i/n");
}

function checked(name: string, index: number, count: number): Shard {
  if (Number.isInteger(index) && index < count && index >= 0) return { index, count };
  throw new ConfigError(
    `${name}: task ${index} of ${count}, counted from 0`,
    "use indices 0 to n − 1, n as `shards` in the config or the size of the job says; or --shard i/n",
  );
}
