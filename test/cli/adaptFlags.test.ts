// `zerosiam adapt` as a process: the flags of methods and of the alarm do what they say, or are refused.
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkAdaptFlags } from "../../src/cli/lib/adaptFlags.js";
import { loadTensors } from "../../src/nn/index.js";
import { assetPath } from "../../src/nn/io/assets.js";
import { openDevice } from "../../src/tensor/index.js";
import { zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-flags-"));
  await openDevice();
});
afterAll(() => rm(folder, { recursive: true }));

const DIGITS = "assets/digits-test.safetensors";

/** A run of the shipped model over the first test digits: its outcome, JSON, predictions and the values that it saved. */
async function adapt(method: string, args: string[], limit = 48) {
  const outputs = ["--json", file("run.json"), "--predictions", file("run.csv"), "--save", file("run.safetensors")];
  const outcome = await zerosiam([
    ...["adapt", "--model", "digits", "--weights", "assets/digits.safetensors", "--data", DIGITS, "--batch", "16"],
    ...["--method", method, "--limit", String(limit), ...outputs, ...args],
  ]);
  if (outcome.code !== 0) return { ...outcome, json: null, predictions: "", saved: new Map<string, number[]>() };
  const { tensors } = await loadTensors(file("run.safetensors"));
  const saved = new Map<string, number[]>();
  for (const [name, value] of tensors) saved.set(name, [...(await value.data())]);
  const [json, predictions] = await Promise.all([
    readFile(file("run.json"), "utf8"),
    readFile(file("run.csv"), "utf8"),
  ]);
  return { ...outcome, json: JSON.parse(json), predictions, saved };
}

/** Mean entropy of each batch. */
const entropies = ({ json }: Awaited<ReturnType<typeof adapt>>): number[] =>
  json.perBatch.map(({ entropy }: { entropy: number }) => entropy);

const RATE = ["--lr", "0.02"];

it("--episodic answers every batch as the source model does, until there are several steps", async () => {
  const source = entropies(await adapt("source", []));
  const once = entropies(await adapt("tent", [...RATE, "--episodic"]));
  const several = await adapt("tent", [...RATE, "--episodic", "--steps", "4"]);
  expect(once).toEqual(source);
  for (const [i, entropy] of entropies(several).entries()) expect(entropy).toBeLessThan(source[i]);
  expect(several.json.config).toMatchObject({ steps: 4, episodic: true });
});

it.each([
  ["--predictor", "two-layer"],
  ["--divergence", "mse"],
  ["--objective", "negative-squares"],
])("%s %s changes what ZeroSiam learns", async (...flag) => {
  const standard = await adapt("zerosiam", RATE);
  const { saved, stderr } = await adapt("zerosiam", [...RATE, ...flag]);
  expect(saved.get("model.norm1.weight"), stderr).toBeDefined();
  expect(saved.get("model.norm1.weight")).not.toEqual(standard.saved.get("model.norm1.weight"));
  expect(saved.has("predictor.weight")).toBe(flag[0] !== "--predictor");
});

it("--fisher keeps EATA near where it began, and wants images that the model takes", async () => {
  const free = await adapt("eata", RATE);
  const held = await adapt("eata", [...RATE, "--fisher", "assets/digits-validation.safetensors"]);
  const { saved: start } = await adapt("eata", ["--lr", "0"]);
  const distance = ({ saved }: typeof free) =>
    [...start]
      .filter(([name]) => name.startsWith("model."))
      .flatMap(([name, values]) => values.map((value, i) => (value - (saved.get(name) as number[])[i]) ** 2))
      .reduce((a, b) => a + b);
  expect(distance(free)).toBeGreaterThan(0);
  expect(distance(held)).toBeLessThan(distance(free));
  const odd = await adapt("eata", ["--fisher", "test/fixtures/cifar10/clean512.safetensors"]);
  expect(odd).toMatchObject({ code: 1, stderr: expect.stringContaining("images are [3, 32, 32]") });
});

it("--clean-reset makes SAR forget its average when it recovers", async () => {
  const [kept, cleared] = [await adapt("sar", RATE), await adapt("sar", [...RATE, "--clean-reset"])];
  for (const { saved } of [kept, cleared]) expect(saved.get("sar.recoveries")?.[0]).toBeGreaterThan(0);
  expect(kept.saved.get("sar.average")?.[0]).toBeGreaterThan(0);
  expect(cleared.saved.get("sar.average")).toEqual([-1]);
});

it("--alarm tells of a collapse while it happens, and rolls back at lower rates when asked to", async () => {
  const args = ["--order", "class", "--lr", "0.02", "--alarm"];
  const warned = await adapt("tent", [...args, "warn"], 1000);
  expect(warned.stderr).toMatch(/collapse\? tent after \d+ images: one class has \d+/);
  expect(warned.stderr).not.toContain("rolled back");
  expect(warned.stderr).toContain("warning: a rate of 0.02 is high for batches of 16: scale it by the batch");
  expect(warned.json.warnings.length).toBeGreaterThan(0);
  expect(warned.json.warnings[0]).toMatchObject({ images: expect.any(Number), dominance: expect.any(Number) });
  expect(warned.saved.get("rateScale")).toEqual([1]);

  const { stderr, json, saved } = await adapt("tent", [...args, "rollback", "--rate-factor", "0.25"], 1000);
  expect(stderr).toContain("rolled back, rates lowered");
  expect(saved.get("rateScale")).toEqual([0.25 ** json.warnings.length]);
  expect(json.accuracy).toBeGreaterThan(warned.json.accuracy);

  const quiet = await adapt("tent", ["--lr", "0", "--alarm", "warn"]);
  expect(quiet.json.warnings).toEqual([]);
});

it("--alarm goes on with what it had heard when the run is resumed", async () => {
  const args = ["--lr", "0.1", "--alarm", "warn"];
  const whole = await adapt("tent", args, 500);
  expect(whole.json.warnings.length).toBeGreaterThan(0);
  const [{ images }] = whole.json.warnings;
  const half = images - 32; // within the window that fires
  await adapt("tent", args, half);
  await rename(file("run.safetensors"), file("half.safetensors"));
  const rest = await adapt("tent", [...args, "--resume", file("half.safetensors")], 500);
  expect(rest.json.warnings).toEqual(whole.json.warnings);
});

it("finds what ships with the package by either separator", async () => {
  const settings = { model: "digits", method: "tent", batch: 8, lr: 1e-3, order: "as-is", epochs: 1, seed: 0 } as const;
  for (const weights of ["assets\\digits.safetensors", "assets\\digits-test.safetensors"]) {
    const found = await checkAdaptFlags({ ...settings, weights, data: "elsewhere/assets/x" });
    expect(found.weights).toBe(await assetPath(weights.slice("assets/".length)));
    expect(found.data).toBe("elsewhere/assets/x");
  }
});
