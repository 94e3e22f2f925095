// `zerosiam adapt` as a process: unlabelled images, files one by one, epochs, frozen answers, checkpoints, and stdout.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Passes } from "../../src/cli/lib/passes.js";
import { openImages } from "../../src/data/imageFolder.js";
import { encodeImageSet, type ImageSet, loadImageSet } from "../../src/data/imageSet.js";
import { loadSafetensors, saveSafetensors } from "../../src/nn/index.js";
import { zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);

/** The images of a set from `start` to `end`. */
function part(set: ImageSet, start: number, end: number, labels = set.labels.slice(start, end)): ImageSet {
  return { ...set, count: end - start, images: set.images.slice(start * 784, end * 784), labels };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-data-"));
  await mkdir(file("parts"));
  const set = await loadImageSet("assets/digits-test.safetensors");
  const write = (name: string, images: ImageSet) => writeFile(file(name), encodeImageSet(images));
  await write("labelled.safetensors", part(set, 0, 40));
  await write("unlabelled.safetensors", part(set, 0, 40, new Int32Array(40).fill(-1)));
  await write("foreign.safetensors", part(set, 0, 40, new Int32Array(40).fill(99)));
  await write("parts/a.safetensors", part(set, 0, 24));
  await write("parts/b.safetensors", part(set, 1000, 1020));
});
afterAll(() => rm(folder, { recursive: true }));

/** A run of the shipped model in batches of 16, from the folder with the data; its document comes by stdout. */
async function adapt(method: string, data: string, args: string[] = []) {
  const model = ["--model", "digits", "--weights", "assets/digits.safetensors", "--batch", "16"];
  const all = ["adapt", ...model, "--method", method, "--data", data, "--json", "-", ...args];
  const outcome = await zerosiam(all, { cwd: folder });
  return { ...outcome, json: outcome.code === 0 ? JSON.parse(outcome.stdout) : null };
}

it("adapts on images without labels as on those with, and knows no accuracy; Fisher's need none that fit", async () => {
  const outputs = (name: string) => ["--lr", "0.01", "--fisher", "foreign.safetensors", "--predictions", name];
  const known = await adapt("eata", "labelled.safetensors", outputs("known.csv"));
  const unknown = await adapt("eata", "unlabelled.safetensors", outputs("unknown.csv"));
  expect(known.code, known.stderr).toBe(0);
  expect(unknown.code, unknown.stderr).toBe(0);
  expect(unknown.stderr).toContain("the images have no labels");
  expect(unknown.json).toMatchObject({ n: 40, accuracy: null, calibrationError: null });
  expect(known.json.accuracy).toBeGreaterThan(0.5);
  const answers = async (name: string) =>
    (await readFile(file(name), "utf8")).split("\n").map((line) => line.split(",").filter((_, i) => i !== 1));
  expect(await answers("unknown.csv")).toEqual(await answers("known.csv"));
  expect(await readFile(file("unknown.csv"), "utf8")).toMatch(/^0,,\d$/m);
  const sorted = await adapt("tent", "unlabelled.safetensors", ["--order", "class"]);
  expect(sorted).toMatchObject({ code: 2, stderr: expect.stringContaining("images without labels") });
});

it("--reset-each file does on each file what a run on it alone does, and tells each accuracy", async () => {
  const rate = ["--lr", "0.02"];
  const [both, a, b] = await Promise.all([
    adapt("tent", "parts", [...rate, "--reset-each", "file"]),
    adapt("tent", "parts/a.safetensors", rate),
    adapt("tent", "parts/b.safetensors", rate),
  ]);
  expect(both.code, both.stderr).toBe(0);
  expect(both.json.perFile).toEqual({
    "a.safetensors": { n: 24, accuracy: a.json.accuracy },
    "b.safetensors": { n: 20, accuracy: b.json.accuracy },
  });
  const entropies = ({ json }: typeof a) => json.perBatch.map(({ entropy }: { entropy: number }) => entropy);
  expect(entropies(both)).toEqual([...entropies(a), ...entropies(b)]);
  const continual = await adapt("tent", "parts", rate);
  expect(entropies(continual)).not.toEqual(entropies(both));
  expect(continual.json.perFile).toBeUndefined();
});

it("--epochs shows the data again, --evaluate answers them frozen at the end", async () => {
  const args = ["--lr", "0.005", "--evaluate"];
  const twice = await adapt("tent", "labelled.safetensors", [...args, "--epochs", "2", "--predictions", "twice.csv"]);
  expect(twice.code, twice.stderr).toBe(0);
  const { n, accuracy, perEpoch, evaluated, perBatch } = twice.json;
  expect(n).toBe(80);
  expect(perEpoch.map((epoch: { n: number }) => epoch.n)).toEqual([40, 40]);
  expect((perEpoch[0].accuracy + perEpoch[1].accuracy) / 2).toBeCloseTo(accuracy, 12);
  expect(perBatch.map((row: { n: number }) => row.n)).toEqual([16, 16, 8, 16, 16, 8]);
  expect(evaluated.n).toBe(40);
  const rows = (await readFile(file("twice.csv"), "utf8")).trim().split("\n").slice(1);
  expect(rows.map((row) => Number(row.split(",")[0]))).toEqual([...Array(40).keys(), ...Array(40).keys()]);
  // Learning nothing, the frozen answers are the first ones.
  const frozen = await adapt("tent", "labelled.safetensors", ["--lr", "0", "--evaluate"]);
  expect(frozen.json.evaluated.accuracy).toBe(frozen.json.accuracy);
});

it("carries what was selected, learnt from and recovered from, and takes each method's own options", async () => {
  const everything = [
    "--rho",
    "0.01",
    "--margin",
    "2.3",
    "--recover-below",
    "10",
    "--frozen",
    "none",
    "--momentum",
    "0",
  ];
  const sar = await adapt("sar", "labelled.safetensors", everything);
  expect(sar.code, sar.stderr).toBe(0);
  expect(sar.json).toMatchObject({ reliable: 40, recoveries: 3, notUpdated: 0 });
  expect(sar.json.perBatch.map((row: { recoveries: number }) => row.recoveries)).toEqual([1, 2, 3]);
  const picky = await adapt("zerosiam-deyo", "labelled.safetensors", ["--plpd", "1", "--deyo-margin", "3"]);
  expect(picky.json).toMatchObject({ reliable: 40, kept: 0, recoveries: null });
  const tent = await adapt("tent", "labelled.safetensors", ["--optimizer", "adam"]);
  expect(tent.json).toMatchObject({ reliable: null, kept: null, config: { optimizer: "adam" } });
});

it("refuses more epochs than a run can keep the answers of", async () => {
  using set = await openImages(file("labelled.safetensors"));
  const normalization = { mean: [0], std: [1] };
  const options = { order: "as-is", batchSize: 16, seed: 0, normalization } as const;
  expect(new Passes("x", set, { ...options, epochs: 1e7 }).length).toBe(4e8);
  for (const epochs of [1e8, Number.MAX_SAFE_INTEGER]) {
    expect(() => new Passes("x", set, { ...options, epochs })).toThrow(
      `--epochs: ${epochs} of 40 images are more than`,
    );
  }
});

it("leaves the predictions that are there when it fails before its first answer", async () => {
  await writeFile(file("kept.csv"), "of yesterday");
  const failed = await adapt("tent", "labelled.safetensors", ["--mean", "1,2", "--predictions", "kept.csv"]);
  expect(failed).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("does not fit 1 channel") });
  expect(await readFile(file("kept.csv"), "utf8")).toBe("of yesterday");
});

it("--checkpoint refuses other settings and other images by name, --resume a file of a later format", async () => {
  const state = ["--checkpoint", "state.safetensors"];
  expect((await adapt("tent", "labelled.safetensors", state)).code).toBe(0);
  const other = await adapt("tent", "labelled.safetensors", [...state, "--lr", "0.5"]);
  expect(other).toMatchObject({ code: 2, stdout: "" });
  expect(other.stderr).toContain("saved with other settings: --lr 0.5, there 0.001\n  help: ");
  const method = await adapt("eata", "labelled.safetensors", state);
  expect(method.stderr).toContain('--method "eata", there "tent"');
  const { tensors, metadata } = await loadSafetensors(file("state.safetensors"));
  expect(metadata.get("format")).toBe("1");
  await saveSafetensors(file("later.safetensors"), tensors, new Map(metadata).set("format", "2"));
  const later = await adapt("tent", "labelled.safetensors", ["--resume", "later.safetensors"]);
  expect(later).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("a state of a run of format 2; this release reads up to format 1"),
  });
  const weights = await adapt("tent", "labelled.safetensors", ["--resume", resolve("assets/digits.safetensors")]);
  expect(weights).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no state of a run, or one of a release before 0.2"),
  });
});
