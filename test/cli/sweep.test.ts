// `zerosiam sweep` and `merge` as processes: killed and resumed, shared out among the jobs of a cluster, joined again.
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunOptions, zerosiam } from "./run.js";

let folder = "";
const file = (name: string): string => join(folder, name);
const text = (name: string): Promise<string> => readFile(file(name), "utf8");

/** Eight cells of two digits under twelve corruptions: source and zerosiam, two streams, two seeds. */
const CONFIG = {
  model: "digits",
  weights: "digits.safetensors",
  data: { validation: "digits-validation.safetensors" },
  grids: [
    {
      ...{ methods: ["source", "zerosiam"], streams: ["class-ordered", "blind-spot"], parts: "validation", seeds: 2 },
      ...{ rates: 1e-3, predictorRatio: 10, options: { limit: 2 } },
    },
  ],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-sweep-"));
  for (const name of [CONFIG.weights, CONFIG.data.validation]) await copyFile(join("assets", name), file(name));
  await writeFile(file("sweep.json"), JSON.stringify(CONFIG));
});
afterAll(() => rm(folder, { recursive: true }));

const sweep = (args: string[], options: RunOptions = {}) => zerosiam(["sweep", file("sweep.json"), ...args], options);

async function merged(out: string, inputs: string[]): Promise<string> {
  const paths = inputs.map(file);
  const { code, stderr } = await zerosiam(["merge", ...paths, "--out", file(out), "--config", file("sweep.json")]);
  expect(code, stderr).toBe(0);
  return text(out);
}

/** A command of an example, with this folder for the paths that it names. */
function command(words: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(words[0], words.slice(1), { env: { ...process.env, ...env } });
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
}

describe("a sweep", () => {
  it("killed again and again computes each cell once, and leaves what an undisturbed one does", async () => {
    const undisturbed = await sweep(["--out", file("one.jsonl")]);
    expect(undisturbed.code, undisturbed.stderr).toBe(0);
    expect(undisturbed.stderr).toContain("8 cells: 0 in");
    expect(undisturbed.stderr).toMatch(/8\/8 {2}blind-spot, validation {2}zerosiam 0.001 \/ 0.01 .* 0:00 left/);
    const computed: string[] = [];
    for (let kill = 0; kill < 2; kill++) {
      const { code, stderr } = await sweep(["--out", file("killed.jsonl")], {
        during: (child) =>
          child.stderr?.on("data", (data: Buffer) => {
            if (/^\d\/8/m.test(data.toString())) setTimeout(() => child.kill("SIGKILL"), 20 * kill);
          }),
      });
      expect(code, stderr).toBe(null);
      computed.push(...(stderr.match(/^\d\/8/gm) ?? []));
    }
    // As if a kill had come in the middle of a line.
    await writeFile(file("killed.jsonl"), `${await text("killed.jsonl")}{"setting":{"mod`);
    const last = await sweep(["--out", file("killed.jsonl")]);
    expect(last.code, last.stderr).toBe(0);
    expect(last.stderr).toContain("the last line was cut off");
    computed.push(...(last.stderr.match(/^\d\/8/gm) ?? []));
    expect(new Set(computed).size).toBe(computed.length); // no cell twice; one that was killed before it told is not here
    expect((await text("killed.jsonl")).trim().split("\n").length).toBe(8);
    expect(await merged("killed.merged.jsonl", ["killed.jsonl"])).toBe(await merged("one.merged.jsonl", ["one.jsonl"]));
    const done = await sweep(["--out", file("killed.jsonl")]);
    expect(done.stderr).toContain("8 cells: 8 in");
  });

  it("of three shards, as a Slurm task, a Kubernetes pod and by the flag, merges to the bytes of one", async () => {
    const config = file("sweep.json");
    const slurm = await command(["bash", "examples/cluster/slurm.sbatch", config, file("results")], {
      ...{ SLURM_ARRAY_TASK_ID: "0", SLURM_ARRAY_TASK_MIN: "0" },
      ...{ SLURM_ARRAY_TASK_STEP: "1", SLURM_ARRAY_TASK_COUNT: "3" },
    });
    expect(slurm.code, slurm.stderr).toBe(0);
    expect(slurm.stderr).toContain("3 cells, shard 0 of 3");
    const manifest = await readFile("examples/cluster/kubernetes-job.yaml", "utf8");
    const pod: string[] = JSON.parse(/command: (\[.*\])/.exec(manifest)?.[1] ?? "[]");
    const words = pod.map((word) => word.replace("$(JOB_COMPLETION_INDEX)", "1").replace("/sweep/", `${folder}/`));
    const completions = /completions: (\d+)/.exec(manifest)?.[1];
    expect(/JOB_COMPLETIONS, value: "(\d+)"/.exec(manifest)?.[1]).toBe(completions);
    const kubernetes = await command(words, { JOB_COMPLETION_INDEX: "1", JOB_COMPLETIONS: completions });
    expect(kubernetes.code, kubernetes.stderr).toBe(0);
    expect(kubernetes.stderr).toContain("3 cells, shard 1 of 3");
    const early = await zerosiam(["merge", file("results/0.jsonl"), file("results/1.jsonl"), "--config", config]);
    expect(early).toMatchObject({ code: 1, stderr: expect.stringContaining("2 of 8 cells are missing") });
    expect(early.stdout).toBe("");
    const third = ["--shard", "2/3", "--out", file("results/2.jsonl"), "--json", file("2.json")];
    const stopped = await sweep(third, {
      during: (child) =>
        child.stderr?.on("data", (data: Buffer) => /^1\/2/m.test(data.toString()) && child.kill("SIGINT")),
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(JSON.parse(await text("2.json"))).toMatchObject({ cells: 1, left: 1, interrupted: true });
    const flag = await sweep(third);
    expect(flag.code, flag.stderr).toBe(0);
    expect(JSON.parse(await text("2.json"))).toMatchObject({ cells: 2, left: 0 });
    const shards = await merged("made/three.jsonl", ["results/2.jsonl", "results/0.jsonl", "results/1.jsonl"]);
    expect(shards).toBe(await merged("one.merged.jsonl", ["one.jsonl"]));
  });

  it("has as many shards in the example's file as in its jobs", async () => {
    const [config, slurm, manifest] = await Promise.all(
      ["sweep.json", "slurm.sbatch", "kubernetes-job.yaml"].map((name) =>
        readFile(join("examples/cluster", name), "utf8"),
      ),
    );
    const { shards } = JSON.parse(config);
    expect(slurm).toContain(`--array=0-${shards - 1}\n`);
    expect(manifest).toContain(`completions: ${shards}\n`);
  });

  it("of more shards than cells merges: an empty file is no missing one", async () => {
    const idle = await sweep(["--shard", "8/9", "--out", file("idle.jsonl"), "--json", file("idle.json")]); // counted from 0: the ninth of eight cells
    expect(idle).toMatchObject({ code: 0, stderr: expect.stringContaining("0 cells, shard 8 of 9") });
    expect(JSON.parse(await text("idle.json"))).toMatchObject({ cells: 0, left: 0 });
    expect(await merged("idle.merged.jsonl", ["idle.jsonl", "one.jsonl"])).toBe(await text("one.merged.jsonl"));
    const nothing = await zerosiam(["merge", file("idle.jsonl")]);
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining("idle.jsonl: no cell") });
    const missing = await zerosiam(["merge", file("one.jsonl"), file("two.jsonl")]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("two.jsonl: there is no such file") });
  });

  it("is refused with the place of what is wrong, and what was computed from something else is not added to", async () => {
    await writeFile(file("wrong.json"), JSON.stringify({ ...CONFIG, model: "digit" }));
    const wrong = await zerosiam(["sweep", file("wrong.json")]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong.json: model: "digit" is unknown') });
    await writeFile(file("other.json"), JSON.stringify({ ...CONFIG, data: { validation: "digits.safetensors" } }));
    const none = await zerosiam(["sweep", file("other.json"), "--out", file("other.jsonl")]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('tensor "images" is missing') });
    await writeFile(file("gpu.jsonl"), (await text("one.jsonl")).replaceAll(/"adapter":"[^"]*"/g, '"adapter":"a GPU"'));
    const adapter = await sweep(["--out", file("gpu.jsonl")]);
    expect(adapter).toMatchObject({ code: 2, stderr: expect.stringContaining("or another adapter (a GPU)") });
    await copyFile("assets/digits-test.safetensors", file("digits-validation.safetensors"));
    const other = await sweep(["--out", file("one.jsonl")]);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("has cells of other weights or data") });
  });
});
