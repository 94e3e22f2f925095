// Benchmarks: a call for every op, names that are wrong, and what comes out of a run.
import { beforeAll, describe, expect, it } from "vitest";
import { benchCase, selectWork } from "../../bench/cases.js";
import { runBench } from "../../bench/index.js";
import { shareOfPeak } from "../../bench/peaks.js";
import { median } from "../../bench/row.js";
import { loadSampler, QUICK } from "../../bench/sampler.js";
import { OPS } from "../../src/kernels/index.js";
import { type Device, memory, openDevice } from "../../src/tensor/index.js";
import { COMMON, undocumented } from "../cli/documented.js";
import { zerosiam } from "../cli/run.js";

describe("every op", () => {
  // No power of two, and one that no tile divides: a call must hold at any side length.
  it.each(OPS.map((op) => [op.name, op] as const))("%s has a call to time at any size", (name, op) => {
    for (const size of [16, 100, 256]) {
      const { work, bytes } = benchCase(op, size);
      expect(work.split(" ")[0]).toBe(name);
      expect(bytes > 0).toBe(op.kernels !== undefined);
    }
  });
});

describe("selecting", () => {
  it("takes everything without names, and only the named with", () => {
    expect(selectWork([])).toEqual({ ops: OPS, steps: true });
    const { ops, steps } = selectWork(["softmax", "add"]);
    expect(ops.map(({ name }) => name).sort()).toEqual(["add", "softmax"]);
    expect(steps).toBe(false);
    expect(selectWork(["step"])).toEqual({ ops: [], steps: true });
  });

  it("refuses a name that is no op, and lists those that are, with exit code 2", async () => {
    const { code, stdout, stderr } = await zerosiam(["bench", "matmul", "mutmal"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(
      /^ConfigError: bench: unknown: mutmal\n {2}help: did you mean matmul\? Known are abs, .*matmul, .*step, /,
    );
  });
});

describe("a run", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });

  it("gives a row for an op and one for its gradients, and leaves nothing behind", async () => {
    const before = memory(device).tensors;
    const shown: string[] = [];
    const { rows, peaks } = await runBench(
      device,
      { names: ["matmul"], sizes: [64], quick: true, gradients: true },
      { onPeaks() {}, onRow: ({ work }) => shown.push(work), stopped: () => false },
    );
    expect(shown).toEqual(["matmul [64, 64] [64, 64]", "matmul and gradients [64, 64] [64, 64]"]);
    expect(undocumented(JSON.parse(JSON.stringify({ ...COMMON, rows, peaks })), "bench")).toEqual([]);
    const [row, withGradients] = rows;
    expect(row).toMatchObject({ dispatches: 1, bytes: 3 * 64 * 64 * 4 });
    expect(row.gflops).toBeCloseTo((2 * 64 ** 3) / row.ms / 1e6);
    expect(row.ofPeak).toBeGreaterThan(0);
    expect(withGradients.dispatches).toBe(3);
    for (const value of [row.ms, row.wallMs, peaks.copyGbs, peaks.matmulGflops]) expect(value).toBeGreaterThan(0);
    expect(memory(device).tensors).toBe(before);
  });

  it("stops when asked to, keeping the rows that are done", async () => {
    const options = { names: ["add", "matmul"], sizes: [16], quick: true, gradients: false };
    const { rows } = await runBench(device, options, { onPeaks() {}, onRow() {}, stopped: () => true });
    expect(rows).toHaveLength(1);
  });
});

it("a call that fails ends its measurement with its own error", async () => {
  const sampler = await loadSampler();
  const failing = sampler(() => Promise.reject(new Error("no such luck")), QUICK);
  await expect(failing).rejects.toThrow("no such luck");
});

it("the median is the middle, or the mean of the two in the middle", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it("the share of the peak is the time of the slower resource at its best, over the time taken", () => {
  const peaks = { copyGbs: 10, matmulGflops: 100 };
  expect(shareOfPeak({ bytes: 10e6 }, 4, peaks)).toBeCloseTo(0.25); // 1 ms of copying
  expect(shareOfPeak({ bytes: 10e6, flops: 200e6 }, 4, peaks)).toBeCloseTo(0.5); // 2 ms of computing
  expect(shareOfPeak({ bytes: 0 }, 4, peaks)).toBeUndefined();
});
