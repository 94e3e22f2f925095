// Safetensors files on disk: saving replaces whole files or nothing, also when the system stops a write halfway.
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toFloat32, toStored } from "../../src/nn/io/convert.js";
import { loadSafetensors, saveSafetensors, writeFileAtomic } from "../../src/nn/io/file.js";
import { CheckpointError } from "../../src/tensor/errors.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zerosiam-io-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program of its own, from `contents`, at `outfile`. */
async function bundle(outfile: string, contents: string): Promise<void> {
  const stdin = { contents, resolveDir: join(import.meta.dirname, "../..") };
  await build({ stdin, bundle: true, platform: "node", format: "esm", outfile, logLevel: "silent" });
}

describe("saveSafetensors", () => {
  it("saves what loadSafetensors reads, over what was there, and leaves no other file", async () => {
    const path = join(folder, "net.safetensors");
    await saveSafetensors(path, [["w", toStored([1], Float32Array.of(1))]]);
    await saveSafetensors(path, [["w", toStored([2], Float32Array.of(2, 3))]], [["step", "2"]]);
    const { tensors, metadata } = await loadSafetensors(path);
    const w = tensors.get("w");
    expect(w && [...toFloat32(w)]).toEqual([2, 3]);
    expect(metadata.get("step")).toBe("2");
    expect(await readdir(folder)).toEqual(["net.safetensors"]);
  });
});

describe("loadSafetensors", () => {
  it("names the file, the reason and the remedy", async () => {
    const missing = join(folder, "none.safetensors");
    const error = await loadSafetensors(missing).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ message: expect.stringContaining(`${missing}: cannot be read (ENOENT)`) });
    expect(error).toMatchObject({ cause: { code: "ENOENT" }, help: expect.stringContaining("does not exist") });
    await writeFile(missing, "hello");
    await expect(loadSafetensors(missing)).rejects.toThrow(/none\.safetensors: 5 bytes are no safetensors file/);
  });
});

describe("writeFileAtomic", () => {
  it("removes its temporary file when the rename fails", async () => {
    const target = join(folder, "taken");
    await mkdir(target);
    await expect(writeFileAtomic(target, "text")).rejects.toThrow(CheckpointError);
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  it("fails typed when the folder is missing or is a file", async () => {
    await expect(writeFileAtomic(join(folder, "no", "x"), "text")).rejects.toThrow(/cannot be written \(ENOENT\)/);
    await writeFile(join(folder, "file"), "old");
    await expect(writeFileAtomic(join(folder, "file", "x"), "text")).rejects.toThrow(/cannot be written \(ENOTDIR\)/);
  });

  it("writes into a pipe instead of replacing it", async () => {
    const pipe = join(folder, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    const reader = promisify(execFile)("cat", [pipe]);
    await writeFileAtomic(pipe, "text");
    expect((await reader).stdout).toBe("text");
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });

  // The shell's file-size limit stops the write after 1 KiB as a full disk would, and needs no such disk.
  it("keeps the old file when the write is cut off halfway", async () => {
    const path = join(folder, "report.html");
    const script = join(folder, "write.mjs");
    await writeFile(path, "old");
    await bundle(
      script,
      `import { writeFileAtomic } from "./src/nn/io/file.ts";
       await writeFileAtomic(process.argv[2], "x".repeat(100_000)).catch((e) => console.log(e.name, e.message));`,
    );
    const limited = `trap '' XFSZ; ulimit -f 1; exec "$0" "$1" "$2"`;
    const { stdout } = await promisify(execFile)("bash", ["-c", limited, process.execPath, script, path]);
    expect(stdout).toMatch(/^CheckpointError .*report\.html: cannot be written \(EFBIG\)/);
    expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(folder)).sort()).toEqual(["report.html", "write.mjs"]);
  });

  // 2 MiB of one byte, another one each time: a mixture, or a part, would show.
  it("leaves the old or the new file, whole, when the process is killed", async () => {
    const path = join(folder, "state");
    const script = join(folder, "write.mjs");
    await bundle(
      script,
      `import { writeFileAtomic } from "./src/nn/io/file.ts";
       await writeFileAtomic(process.argv[2], new Uint8Array(2 << 20));
       console.log("writing");
       for (let i = 0; ; i++) await writeFileAtomic(process.argv[2], new Uint8Array(2 << 20).fill(i));`,
    );
    for (let kill = 0; kill < 12; kill++) {
      const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
      const ended = new Promise((resolve) => child.on("close", resolve));
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await new Promise((resolve) => setTimeout(resolve, 7 * kill));
      child.kill("SIGKILL");
      await ended;
      const bytes = await readFile(path);
      expect(bytes.length).toBe(2 << 20);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    }
    // Some process was killed in the middle of a write, or this test shows nothing.
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).not.toEqual([]);
  });
});
