// Files that commands leave: whole or not at all, and refused early where they could not be written late.
import { link, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOutputs } from "../../src/cli/lib/clashes.js";
import { checkWritable, writeJson } from "../../src/cli/lib/output.js";
import { CheckpointError, ConfigError } from "../../src/tensor/errors.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("writeJson", () => {
  it("writes one document that reads back, with null for what JSON cannot say", async () => {
    const path = join(folder, "out.json");
    await writeJson(path, { accuracy: 0.5, nothing: Number.NaN, much: Number.POSITIVE_INFINITY });
    expect(JSON.parse(await readFile(path, "utf8"))).toEqual({ accuracy: 0.5, nothing: null, much: null });
    expect(await readdir(folder)).toEqual(["out.json"]);
  });

  it("fails typed, with a remedy, on a full disk", async () => {
    const error = await writeJson("/dev/full", { accuracy: 0.5 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ help: expect.stringContaining("disk is full") });
  });
});

describe("checkOutputs", () => {
  const flag = (name: string, path: string) => ({ flag: name, path });

  it("knows a file by all its names, and lets a state follow the one that it went on from", async () => {
    const path = join(folder, "w.safetensors");
    await writeJson(path, {});
    await symlink(path, join(folder, "other"));
    await link(path, join(folder, "hard"));
    for (const name of ["other", "hard", "./w.safetensors"]) {
      const check = () => checkOutputs([flag("--json", `${folder}/${name}`)], [flag("--weights", path)]);
      expect(check).toThrow(ConfigError);
      expect(check).toThrow("is named by --weights too");
    }
    checkOutputs([flag("--save", path)], [flag("--resume", path)]);
    checkOutputs([flag("--json", "/dev/null"), flag("--predictions", "/dev/null")], []);
  });

  it("keeps states out of a folder of data, whose next reader would take them for images", () => {
    const check = (path: string) => checkOutputs([flag("--save", path)], [flag("--data", folder)]);
    expect(() => check(join(folder, "state.safetensors"))).toThrow(/lies in .* whose \.safetensors files are data/);
    check(join(folder, "out.json"));
    check(`${folder}-state.safetensors`);
  });
});

describe("checkWritable", () => {
  it("lets new and existing files pass, and a flag that was not given", async () => {
    await writeJson(join(folder, "old.json"), {});
    await checkWritable("--json", join(folder, "old.json"));
    await checkWritable("--json", join(folder, "new.json"));
    await checkWritable("--json", undefined);
    expect(await readdir(folder)).toEqual(["old.json"]);
  });

  it("refuses a folder and a file in a folder that does not exist", async () => {
    await expect(checkWritable("--save", folder)).rejects.toThrow(/--save: .*EISDIR.*\n.*is a folder/);
    await expect(checkWritable("--save", join(folder, "no", "x"))).rejects.toThrow(ConfigError);
  });
});
