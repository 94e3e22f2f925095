// `zerosiam parity` on runs that select no sample at their first step, and so have no gradient of it to compare.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadSafetensors, saveSafetensors } from "../../src/nn/index.js";
import { toStored } from "../../src/nn/io/convert.js";
import type { StoredTensor } from "../../src/nn/io/safetensors.js";
import { runStepParity } from "../../src/parity/steps.js";
import { openDevice } from "../../src/tensor/index.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-quiet-"));
  await openDevice();
});
afterAll(() => rm(folder, { recursive: true }));

/** The first step of a run of the fixture, with a threshold that lets nothing through: nothing is learnt. */
async function quiet(run: string, threshold: string, counts: { n1: number; n2: number }) {
  const fixture = JSON.parse(await readFile("test/fixtures/zerosiam/mlp_ln.json", "utf8"));
  const { tensors } = await loadSafetensors("test/fixtures/zerosiam/mlp_ln.safetensors");
  const settings = { ...fixture.runs[run], log: [counts] };
  settings.hyper = { ...settings.hyper, [threshold]: 1e-9 };
  const kept = new Map([...tensors].filter(([name]) => /^(init\.|x$|perm$)/.test(name)));
  const all = tensors.get(`${run}.logits`) as StoredTensor;
  const bytes = all.data.length / fixture.steps;
  kept.set("quiet.logits", { ...all, shape: [1, ...all.shape.slice(1)], data: all.data.slice(0, bytes) });
  kept.set("quiet.loss", toStored([1], Float32Array.of(Number.NaN)));
  for (const name of settings.adapted_params) {
    kept.set(`quiet.params.s1.${name}`, tensors.get(`init.${name}`) as StoredTensor);
  }
  const path = join(folder, `${run}.safetensors`);
  await saveSafetensors(path, kept);
  return runStepParity({ ...fixture, steps: 1, runs: { quiet: settings } }, path);
}

it.each([
  ["eata", "margin"],
  ["deyo", "deyo_margin"],
])("%s compares what the file holds when nothing was selected", async (run, threshold) => {
  const [result] = await quiet(run, threshold, { n1: 0, n2: 0 });
  expect(result.detail, result.detail).not.toContain("no tensor");
  expect(result).toMatchObject({ name: "mlp_ln/quiet", passed: true });
});

it("counts gradients that are missing as failed where the file says that samples were selected", async () => {
  const [result] = await quiet("deyo", "deyo_margin", { n1: 3, n2: 1 });
  expect(result).toMatchObject({ passed: false, detail: expect.stringContaining("no tensor quiet.grad.s1.") });
});
