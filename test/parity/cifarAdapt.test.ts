// The json of adapted CIFAR-10 runs: one value changed is refused or fails its run, and no fixture of a later format is run.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { saveSafetensors } from "../../src/nn/index.js";
import { runCifarAdaptation } from "../../src/parity/cifarAdapt.js";
import { runOpsParity } from "../../src/parity/ops.js";
import { toStepFixture } from "../../src/parity/stepFixture.js";
import { CheckpointError, memory, openDevice, ZeroSiamError } from "../../src/tensor/index.js";

const RUN = { method: "source", model: "resnet20_gn", order: "as-is", batch: 1, lr: 0.04, lrPredictor: 0.04 };
const DOCUMENT = { by: "nobody", stream: "one.safetensors", runs: [{ ...RUN, accuracy: 0 }] };
const ODD: readonly unknown[] = [undefined, null, "NaN", -1, 1e300, [], { a: {} }];

let folder = "";
beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-cifar-"));
  await copyFile("test/fixtures/cifar10/resnet20_gn.safetensors", join(folder, "resnet20_gn.safetensors"));
  await saveSafetensors(join(folder, DOCUMENT.stream), [
    ["images", { dtype: "U8", shape: [1, 32, 32, 3], data: new Uint8Array(32 * 32 * 3) }],
    ["labels", { dtype: "U8", shape: [1], data: Uint8Array.of(0) }],
    ["permutations", { dtype: "U8", shape: [1, 16], data: Uint8Array.from({ length: 16 }, (_, i) => i) }],
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(document: unknown) {
  await writeFile(join(folder, "adapt.json"), JSON.stringify(document));
  return runCifarAdaptation(folder, () => true);
}

const documents: [string, unknown][] = [
  ...ODD.slice(1).map((odd): [string, unknown] => ["the document", odd]),
  ...Object.keys(DOCUMENT).flatMap((name) => ODD.map((odd): [string, unknown] => [name, { ...DOCUMENT, [name]: odd }])),
  ...Object.keys(DOCUMENT.runs[0]).flatMap((name) =>
    ODD.map((odd): [string, unknown] => [name, { ...DOCUMENT, runs: [{ ...DOCUMENT.runs[0], [name]: odd }] }]),
  ),
];

it("fails typed, or as a run, whatever value stands in the wrong place, and leaves no tensor alive", async () => {
  await run(DOCUMENT);
  const alive = memory().tensors;
  let failed = 0;
  for (const [name, document] of documents) {
    const outcome = await run(document).catch((error: unknown) => error);
    if (!Array.isArray(outcome)) expect(outcome, `${name}: ${JSON.stringify(document)}`).toBeInstanceOf(ZeroSiamError);
    failed += Number(!Array.isArray(outcome) || outcome.some(({ passed }) => !passed));
    expect(memory().tensors, `${name}: ${JSON.stringify(document)}`).toBe(alive);
  }
  expect(failed).toBeGreaterThan(documents.length / 2);
});

test("a fixture of a format that is not known is refused, by it and by the one that is", async () => {
  const later = await run({ ...DOCUMENT, format: 2 }).catch((error: unknown) => error);
  expect(later).toBeInstanceOf(CheckpointError);
  expect(String(later)).toContain(
    `${join(folder, "adapt.json")}: of format 2; this release reads fixtures that name none`,
  );
  expect(String(later)).toContain("help: a later release may read it: update zerosiam");
  expect(() => toStepFixture({ format: "steps-2" }, "mlp.json")).toThrow('mlp.json: of format "steps-2"; this release');
  await writeFile(join(folder, "manifest.json"), JSON.stringify({ format: "ops-golden-2", cases: [] }));
  await expect(runOpsParity(folder)).rejects.toThrow('of format "ops-golden-2"; this release reads ops-golden-1');
});
