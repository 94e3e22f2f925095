// A folder of stream files: what an error leaves open, or in memory.
import { chmod, mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { makeMethod } from "../../src/cli/lib/makeMethod.js";
import { openImages } from "../../src/data/imageFolder.js";
import { encodeImageSet } from "../../src/data/imageSet.js";
import { CellRunner } from "../../src/experiments/sweep/cellRunner.js";
import { toSweepConfig } from "../../src/experiments/sweep/config.js";
import { UNIT } from "../../src/nn/models/registry.js";
import { CheckpointError, ConfigError, memory, openDevice } from "../../src/tensor/index.js";

let folder = "";
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  await openDevice();
  folder = await mkdtemp(join(tmpdir(), "zerosiam-folder-"));
  const set = { count: 1, height: 28, width: 28, channels: 1, images: new Uint8Array(784), labels: Int32Array.of(1) };
  await writeFile(file("a.safetensors"), encodeImageSet(set));
});
afterAll(() => rm(folder, { recursive: true }));

/** The number that the next opened file gets: the lowest that is free. */
async function nextHandle(): Promise<number> {
  const handle = await open(file("a.safetensors"));
  const { fd } = handle;
  await handle.close();
  return fd;
}

test("a folder gives its files and those of its folders, numbers by size, hidden ones not, in capitals too", async () => {
  const root = await mkdtemp(join(tmpdir(), "zerosiam-parts-"));
  const labelled = (label: number) =>
    encodeImageSet({
      ...{ count: 1, height: 1, width: 1, channels: 1, images: Uint8Array.of(0) },
      labels: Int32Array.of(label),
    });
  const names = [join("more", "part2.safetensors"), "part1.safetensors", "part9.SAFETENSORS", "part10.safetensors"];
  await mkdir(join(root, "more"), { recursive: true });
  for (const [label, name] of names.entries()) await writeFile(join(root, name), labelled(label));
  await writeFile(join(root, "._part1.safetensors"), "Mac OS X");
  await writeFile(join(root, "readme.txt"), "");
  using set = await openImages(root);
  expect([...set.labels]).toEqual([0, 1, 2, 3]);
  await rm(root, { recursive: true });
});

describe("an error on the way", () => {
  const wide = { count: 1, height: 2, width: 1, channels: 1, images: new Uint8Array(2), labels: Int32Array.of(1) };
  it.each([
    ["a malformed file", new Uint8Array(3), "b.safetensors"],
    ["images of another size", encodeImageSet(wide), "a.safetensors has images of 28 × 28 × 1"],
  ])("leaves no file open before %s", async (_, bytes, says) => {
    await writeFile(file("b.safetensors"), bytes);
    const before = await nextHandle();
    await expect(openImages(folder)).rejects.toThrow(says);
    await expect(openImages(folder)).rejects.toThrow(CheckpointError);
    expect(await nextHandle()).toBe(before);
    await rm(file("b.safetensors"));
  });

  it("leaves no data of a sweep open", async () => {
    await writeFile(file("wide.safetensors"), encodeImageSet(wide));
    const data = { validation: folder, test: file("wide.safetensors") };
    const grids = [{ methods: "source", streams: "mixed", parts: "validation", seeds: 1, rates: 0 }];
    const weights = join(process.cwd(), "assets/digits.safetensors");
    const config = toSweepConfig({ model: "digits", weights, data, grids }, "test", folder);
    const before = await nextHandle();
    await expect(CellRunner.open({ ...config, data }, "1.0.0")).rejects.toThrow(CheckpointError);
    expect(await nextHandle()).toBe(before);
    await rm(file("wide.safetensors"));
  });

  it("leaves no model in memory", async () => {
    const settings = { model: "digits", weights: "assets/digits.safetensors", batch: 1 };
    const live = memory().tensors;
    await expect(makeMethod({ ...settings, method: "tent", lr: -1 }, UNIT)).rejects.toThrow(ConfigError);
    await expect(makeMethod({ ...settings, method: "eata", lr: 1, fisher: file("none") }, UNIT)).rejects.toThrow();
    const bad = { ...settings, method: "tent", lr: 1, alarm: "warn", rateFactor: -1 } as const;
    await expect(makeMethod(bad, UNIT)).rejects.toThrow(ConfigError);
    expect(memory().tensors).toBe(live);
  });
});

test("a folder that may not be listed is told by its name", async () => {
  const root = await mkdtemp(join(tmpdir(), "zerosiam-locked-"));
  await mkdir(join(root, "more", "locked"), { recursive: true });
  await chmod(join(root, "more", "locked"), 0);
  await chmod(root, 0o755);
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65534); // root may read everything
  try {
    await expect(openImages(join(root, "more"))).rejects.toThrow(/locked: cannot be read \(EACCES\)\n {2}help: /);
    await expect(openImages(join(root, "more"))).rejects.toThrow(CheckpointError);
  } finally {
    if (user === 0) process.seteuid?.(0);
    await rm(root, { recursive: true });
  }
});
