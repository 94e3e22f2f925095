// `zerosiam adapt` as a process: its JSON, its predictions, saving, resuming, stopping and refusing. Kills: test/fuzz.
import { mkdtemp, readdir, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DigitsNet, loadSafetensors, saveTensors } from "../../src/nn/index.js";
import { openDevice, Rng } from "../../src/tensor/index.js";
import { type Outcome, type RunOptions, zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-adapt-"));
  await openDevice();
  const model = new DigitsNet({ rng: new Rng(0) });
  await saveTensors(file("net.safetensors"), model.stateDict());
  model.dispose();
});
afterAll(() => rm(folder, { recursive: true }));

/** The shipped weights instead: answers that filters let through. */
const TRAINED = ["--weights", "assets/digits.safetensors"];

/** `zerosiam adapt` with random weights on the test digits, in batches of 16. */
function adapt(method: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const data = ["--data", "assets/digits-test.safetensors", "--weights", file("net.safetensors")];
  return zerosiam(["adapt", "--model", "digits", "--method", method, "--batch", "16", ...data, ...args], options);
}

async function readJson(name: string) {
  return JSON.parse(await readFile(file(name), "utf8"));
}

/** Metadata but for the time that steps took. */
const timeless = (metadata: ReadonlyMap<string, string>) => [...metadata].filter(([name]) => name !== "seconds");

// Each test waits for up to five processes, which compile their kernels anew.
describe("zerosiam adapt", () => {
  it("writes accuracy, rows and predictions that agree", async () => {
    const args = ["--limit", "40", "--order", "class", "--json", file("a.json"), "--predictions", file("a.csv")];
    const { code, stdout, stderr } = await adapt("zerosiam", args);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/accuracy \d+\.\d.% on 40 images/);
    const { method, accuracy, n, perBatch, secondsPerImage, peakBytes, config, interrupted } = await readJson("a.json");
    expect({ method, n, interrupted }).toEqual({ method: "zerosiam", n: 40, interrupted: undefined });
    expect(perBatch.map((row: { step: number; n: number }) => [row.step, row.n])).toEqual([
      [1, 16],
      [2, 16],
      [3, 8],
    ]);
    expect(secondsPerImage).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(0);
    expect(config).toMatchObject({ lr: 1e-3, batch: 16, order: "class" });
    const [head, ...lines] = (await readFile(file("a.csv"), "utf8")).trim().split("\n");
    expect(head).toBe("image,label,prediction");
    const rows = lines.map((line) => line.split(",").map(Number));
    expect(rows.length).toBe(40);
    const labels = rows.map(([, label]) => label);
    expect(labels).toEqual(labels.toSorted((a, b) => a - b));
    expect(rows.filter(([, label, prediction]) => label === prediction).length / 40).toBe(accuracy);
  });

  it.each([
    ["zerosiam", "predictor.weight"],
    ["eata", "eata.average"],
    ["sar", "sar.average"],
    ["zerosiam-deyo", "deyo.key"],
  ])("%s goes on from a saved state as if it had never stopped, %s included", async (method, own) => {
    const outputs = ["--json", file("whole.json"), "--predictions", file("whole.csv")];
    await adapt(method, [...TRAINED, "--limit", "64", "--save", file("whole.safetensors"), ...outputs]);
    await adapt(method, [...TRAINED, "--limit", "32", "--save", file("half.safetensors")]);
    const resumed = await adapt(method, [
      ...[...TRAINED, "--limit", "64", "--resume", file("half.safetensors")],
      ...["--save", file("rest.safetensors"), "--json", file("rest.json"), "--predictions", file("rest.csv")],
    ]);
    expect(resumed.code, resumed.stderr).toBe(0);
    const [whole, half, rest] = await Promise.all(
      ["whole", "half", "rest"].map((name) => loadSafetensors(file(`${name}.safetensors`))),
    );
    for (const name of [own, "optimizer.model.norm1.weight.momentum"]) {
      expect(half.tensors.get(name), name).toBeDefined();
      expect(half.tensors.get(name), `${name} still changes after the save`).not.toEqual(whole.tensors.get(name));
    }
    expect([...rest.tensors]).toEqual([...whole.tensors]);
    expect(timeless(rest.metadata)).toEqual(timeless(whole.metadata));
    // the figures are of all images, not of those after the resume
    const figures = async (name: string) => {
      const { config: _, secondsPerImage: __, peakBytes: ___, ...own } = await readJson(name);
      return own;
    };
    expect(await figures("rest.json")).toEqual(await figures("whole.json"));
    expect(await readFile(file("rest.csv"), "utf8")).toBe(await readFile(file("whole.csv"), "utf8"));
  });

  it("goes on from a state that has seen all: adapts on nothing, and has the figures of all", async () => {
    const [state, predictions, json] = ["done.safetensors", "done.csv", "done.json"].map(file);
    const args = ["--limit", "32", "--save", state, "--predictions", predictions];
    expect((await adapt("tent", [...args, "--json", json])).code).toBe(0);
    const read = () => Promise.all([state, predictions].map((name) => readFile(name)));
    const [before, figures] = [await read(), await readJson("done.json")];
    const { ino: inode } = await stat(state); // another one when the file was replaced
    const again = await adapt("tent", [...args, "--resume", state, "--json", json]);
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).toContain("nothing is left to do: all 32 images were seen before");
    expect(await read()).toEqual(before);
    expect(await stat(state)).toMatchObject({ ino: inode });
    const { n, accuracy, perBatch, secondsPerImage } = await readJson("done.json");
    expect({ n, accuracy, perBatch, secondsPerImage }).toEqual({
      ...{ n: 32, accuracy: figures.accuracy },
      ...{ perBatch: figures.perBatch, secondsPerImage: figures.secondsPerImage },
    });
  });

  it("saves a state that has seen all only when the predictions are written", async () => {
    const full = await adapt("source", [
      "--limit",
      "4",
      "--save",
      file("full.safetensors"),
      "--predictions",
      "/dev/full",
    ]);
    expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining("the disk is full") });
    expect(await readdir(folder)).not.toContain("full.safetensors");
  });

  it("takes the model's own normalisation, says so, and refuses images of another size", async () => {
    const cifar = "test/fixtures/cifar10";
    const model = [
      "adapt",
      "--model",
      "resnet20_gn",
      "--weights",
      `${cifar}/resnet20_gn.safetensors`,
      "--method",
      "source",
    ];
    const options = ["--limit", "3", "--mean", "0.5", "--json", file("c.json"), "--save-every", "1"];
    const small = await zerosiam([...model, "--data", "assets/digits-test.safetensors"]);
    expect(small.code).toBe(1);
    expect(small.stderr).toContain("images are [1, 28, 28], but resnet20_gn takes [3, 32, 32]\n  help: ");
    const unsaved = await zerosiam([...model, "--data", `${cifar}/clean512.safetensors`, ...options]);
    expect(unsaved).toMatchObject({ code: 2, stderr: expect.stringContaining("--save-every: there is no --save") });
    const { code, stderr } = await zerosiam([
      ...[...model, "--data", `${cifar}/clean512.safetensors`, ...options],
      ...["--save", file("c.safetensors")],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain("mean 0.5 (--mean) and std 0.229, 0.224, 0.225 (of resnet20_gn)");
    expect((await readJson("c.json")).config).toMatchObject({ mean: [0.5], std: [0.229, 0.224, 0.225] });
  });

  it("starts anew, but adapted, on images that a saved state has not seen", async () => {
    await adapt("tent", ["--limit", "32", "--save", file("tent.safetensors")]);
    const args = [
      "--limit",
      "64",
      "--order",
      "shuffle",
      "--resume",
      file("tent.safetensors"),
      "--json",
      file("b.json"),
    ];
    const { code, stderr } = await adapt("tent", args);
    expect(code).toBe(0);
    expect(stderr).toContain("all of them: the state was saved on another stream");
    expect((await readJson("b.json")).n).toBe(64);
  });

  it("refuses a state of another method, and weights that are cut off, with exit code 1 and nothing written", async () => {
    await adapt("tent", ["--limit", "16", "--save", file("t.safetensors")]);
    const other = await adapt("zerosiam", ["--resume", file("t.safetensors"), "--json", file("no.json")]);
    expect(other.code).toBe(1);
    expect(other.stderr).toMatch(/CheckpointError: .*saved by tent, not by zerosiam\n {2}help: /);
    await truncate(file("t.safetensors"), 100);
    const cut = await adapt("tent", ["--resume", file("t.safetensors"), "--json", file("no.json")]);
    expect(cut.code).toBe(1);
    expect(cut.stderr).toMatch(/^CheckpointError: /m);
    expect(await readdir(folder)).not.toContain("no.json");
  });

  it("stops after the batch on Ctrl-C, saves what there is, and exits with 130", async () => {
    const args = ["--batch", "1", "--save", file("stopped.safetensors"), "--json", file("stopped.json")];
    let sent = false;
    const { code, stderr } = await adapt("tent", args, {
      during: (child) =>
        child.stderr?.on("data", (data: Buffer) => {
          if (sent || !data.toString().includes("/2000 images")) return;
          sent = true;
          child.kill("SIGINT");
        }),
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("interrupted: finishing the batch");
    const { interrupted, n, perBatch } = await readJson("stopped.json");
    expect(interrupted).toBe(true);
    expect(n).toBe(perBatch.length);
    expect(n).toBeLessThan(2000);
    const { metadata } = await loadSafetensors(file("stopped.safetensors"));
    expect(metadata.get("interrupted")).toBe("true");
    expect(metadata.get("images")).toBe(String(n));
  });
});
