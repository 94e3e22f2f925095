// Which cells a process computes: by flag, in a Slurm array, in an indexed Kubernetes job.
import { describe, expect, it } from "vitest";
import { inShard, parseShard, type Shard, shardFromEnvironment } from "../../src/experiments/sweep/shard.js";
import { ConfigError } from "../../src/tensor/errors.js";

/** The cells of ten that each shard computes. */
const shares = (shards: readonly Shard[]) =>
  shards.map((shard) => Array.from({ length: 10 }, (_, i) => i).filter((i) => inShard(shard, i)));
const THIRDS = [
  [0, 3, 6, 9],
  [1, 4, 7],
  [2, 5, 8],
];

describe("--shard", () => {
  it("counts from 0 or from 1: either way each cell is one shard's", () => {
    expect(shares(["0/3", "1/3", "2/3"].map(parseShard))).toEqual(THIRDS);
    expect(shares(["3/3", "1/3", "2/3"].map(parseShard))).toEqual(THIRDS);
  });

  it.each(["4/3", "1", "a/b", "1/0", "-1/3", "1/3x"])("refuses %s", (text) => {
    expect(() => parseShard(text)).toThrow(ConfigError);
  });
});

describe("a Slurm array", () => {
  const task = (id: number, min: number, step: number, count: number) =>
    shardFromEnvironment({
      SLURM_ARRAY_TASK_ID: String(id),
      SLURM_ARRAY_TASK_MIN: String(min),
      SLURM_ARRAY_TASK_STEP: String(step),
      SLURM_ARRAY_TASK_COUNT: String(count),
    });

  it("may start anywhere and go by any step", () => {
    expect(shares([0, 1, 2].map((id) => task(id, 0, 1, 3)))).toEqual(THIRDS);
    expect(shares([5, 6, 7].map((id) => task(id, 5, 1, 3)))).toEqual(THIRDS);
    expect(shares([1, 5, 9].map((id) => task(id, 1, 4, 3)))).toEqual(THIRDS);
  });

  it("of uneven indices is refused: cells would be left out", () => {
    expect(() => task(7, 1, 1, 3)).toThrow(/SLURM_ARRAY_TASK_ID: task 6 of 3/);
    expect(() => task(2, 0, 3, 2)).toThrow(ConfigError);
  });

  it("without a count takes the config's, or is refused", () => {
    expect(shardFromEnvironment({ SLURM_ARRAY_TASK_ID: "2" }, 3)).toEqual({ index: 2, count: 3 });
    expect(() => shardFromEnvironment({ SLURM_ARRAY_TASK_ID: "2" })).toThrow("SLURM_ARRAY_TASK_COUNT is not set");
  });
});

describe("a config's shards", () => {
  it("make a task's number its index: one that is submitted again by itself is the same shard", () => {
    const alone = { SLURM_ARRAY_TASK_MIN: "2", SLURM_ARRAY_TASK_STEP: "1", SLURM_ARRAY_TASK_COUNT: "1" };
    expect(shardFromEnvironment({ SLURM_ARRAY_TASK_ID: "2", ...alone }, 3)).toEqual({ index: 2, count: 3 });
    expect(shardFromEnvironment({ JOB_COMPLETION_INDEX: "2", JOB_COMPLETIONS: "4" }, 3)).toEqual({
      index: 2,
      count: 3,
    });
  });

  it("refuse a number beyond them", () => {
    const env = { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_COUNT: "3" };
    expect(() => shardFromEnvironment(env, 3)).toThrow("SLURM_ARRAY_TASK_ID: task 3 of 3, counted from 0");
    expect(() => shardFromEnvironment({ JOB_COMPLETION_INDEX: "3", JOB_COMPLETIONS: "4" }, 3)).toThrow(ConfigError);
  });
});

describe("an indexed job of Kubernetes", () => {
  it("has the count of its manifest, or the config's", () => {
    expect(shardFromEnvironment({ JOB_COMPLETION_INDEX: "2", JOB_COMPLETIONS: "3" })).toEqual({ index: 2, count: 3 });
    expect(shardFromEnvironment({ JOB_COMPLETION_INDEX: "0" }, 2)).toEqual({ index: 0, count: 2 });
  });

  it("is refused without a count, or with an index beyond it", () => {
    expect(() => shardFromEnvironment({ JOB_COMPLETION_INDEX: "0" })).toThrow("JOB_COMPLETIONS is not set");
    expect(() => shardFromEnvironment({ JOB_COMPLETION_INDEX: "3", JOB_COMPLETIONS: "3" })).toThrow("task 3 of 3");
    expect(() => shardFromEnvironment({ JOB_COMPLETION_INDEX: "x", JOB_COMPLETIONS: "3" })).toThrow('"x", no integer');
  });
});

it("outside of both a process computes everything, whatever the config says", () => {
  expect(shardFromEnvironment({}, 3)).toEqual({ index: 0, count: 1 });
});
