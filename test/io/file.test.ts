// Safetensors files on disk: saving replaces whole files or nothing, also when the system stops a write halfway. Kills: test/fuzz.
import { execFile, spawnSync } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toFloat32, toStored } from "../../src/nn/io/convert.js";
import { loadSafetensors, saveSafetensors, tryWriting, writeFileAtomic } from "../../src/nn/io/file.js";
import { openSafetensors } from "../../src/nn/io/open.js";
import { temporaryName } from "../../src/nn/io/temporary.js";
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

describe("what is no regular file", () => {
  it("is refused before it is read: devices, pipes that nobody writes to, folders", async () => {
    await promisify(execFile)("mkfifo", [join(folder, "pipe")]);
    await expect(loadSafetensors("/dev/zero")).rejects.toThrow(/\/dev\/zero: is a device or a pipe, not a file/);
    await expect(loadSafetensors(join(folder, "pipe"))).rejects.toThrow(/pipe: is a device or a pipe/);
    await expect(loadSafetensors(folder)).rejects.toThrow(/: is a folder, not a file/);
  });
});

describe("a tensor of many bytes", () => {
  /** A file with a hole for the data of one U8 tensor. */
  async function hole(name: string, bytes: number): Promise<string> {
    const header = Buffer.from(JSON.stringify({ x: { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const path = join(folder, name);
    await writeFile(path, Buffer.concat([length, header]));
    await truncate(path, 8 + header.length + bytes);
    return path;
  }

  it("is read in parts where the system takes no more at once", async () => {
    using file = await openSafetensors(await hole("large", 2 ** 31));
    expect(file.tensors.get("x")?.read(0, 2 ** 31).byteLength).toBe(2 ** 31);
  });

  it("is refused when no array can hold it", async () => {
    const path = await hole("larger", 2 ** 40);
    await expect(loadSafetensors(path)).rejects.toThrow(/larger: 1099511627776 bytes at once: .*\n {2}help: /);
    await expect(loadSafetensors(path)).rejects.toThrow(CheckpointError);
  });
});

describe("saveTensors and saveSafetensors", () => {
  it("leave a good file as it is when what they are given could not be read again", async () => {
    const path = join(folder, "state.safetensors");
    await saveSafetensors(path, [["w", toStored([1], Float32Array.of(1))]]);
    const before = await readFile(path);
    const metadata = [["step", 5]] as unknown as [string, string][];
    await expect(saveSafetensors(path, [], metadata)).rejects.toThrow(CheckpointError);
    expect(await readFile(path)).toEqual(before);
  });
});

describe("writeFileAtomic", () => {
  it("keeps the permissions of the file that it replaces", async () => {
    const path = join(folder, "secret");
    await writeFile(path, "old", { mode: 0o600 });
    await writeFileAtomic(path, "new");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o666);
    await writeFileAtomic(path, "new"); // whatever the umask is
    expect((await stat(path)).mode & 0o777).toBe(0o666);
  });

  it("writes behind a symbolic link, also one whose file is not there yet", async () => {
    await mkdir(join(folder, "store"));
    await symlink(join("store", "file"), join(folder, "link"));
    await symlink("link", join(folder, "twice"));
    for (const [name, text] of [
      ["link", "one"],
      ["twice", "two"],
    ]) {
      await writeFileAtomic(join(folder, name), text);
      expect(await readFile(join(folder, "store", "file"), "utf8")).toBe(text);
      expect((await lstat(join(folder, name))).isSymbolicLink()).toBe(true);
    }
    await symlink("circle", join(folder, "circle"));
    await expect(writeFileAtomic(join(folder, "circle"), "text")).rejects.toThrow(/cannot be written \(ELOOP\)/);
  });

  it.each([
    ["an empty name", "", "ENOENT"],
    ["a name that ends as a folder's", "nodir/", "EISDIR"],
    ["a name that is too long", "x".repeat(300), "ENAMETOOLONG"],
  ])("and tryWriting refuse %s", async (_, name, code) => {
    const path = name === "" ? "" : `${folder}/${name}`;
    for (const write of [tryWriting(path), writeFileAtomic(path, "text")]) {
      await expect(write).rejects.toThrow(CheckpointError);
      await expect(write).rejects.toThrow(`cannot be written (${code})`);
    }
    expect(await readdir(folder)).toEqual([]);
  });

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

  it("writes into a folder that may be written to and not be read", async () => {
    const script = join(folder, "write.mjs");
    await bundle(
      script,
      `import { tryWriting, writeFileAtomic } from "./src/nn/io/file.ts";
      await tryWriting(process.argv[2]);
      await writeFileAtomic(process.argv[2], "text");`,
    );
    const box = join(folder, "box");
    await mkdir(box);
    await Promise.all([chmod(folder, 0o755), chmod(box, 0o333)]);
    const other = process.getuid?.() === 0 ? { uid: 65534 } : {}; // root may read everything
    await promisify(execFile)(process.execPath, [script, join(box, "x")], other);
    await chmod(box, 0o755);
    expect(await readFile(join(box, "x"), "utf8")).toBe("text");
    expect(await readdir(box)).toEqual(["x"]);
  });

  it("says what to do about a pipe whose reader has ended", async () => {
    const pipe = join(folder, "pipe");
    await promisify(execFile)("mkfifo", [pipe]);
    const reader = promisify(execFile)("head", ["-c", "1", pipe]);
    const written = writeFileAtomic(pipe, "x".repeat(2 ** 22));
    await expect(written).rejects.toMatchObject({
      message: expect.stringMatching(/EPIPE/),
      help: expect.stringContaining("has ended"),
    });
    expect((await reader).stdout).toBe("x");
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

  it("takes away what killed processes left, and not what a running one writes", async () => {
    const path = join(folder, "state");
    const own = await temporaryName(path);
    const of = (pid: number) => own.replace(/-\d+-/, `-${pid}-`);
    const ended = spawnSync(process.execPath, ["--version"]).pid;
    for (const pid of [ended, process.ppid]) await writeFile(of(pid), "");
    await writeFileAtomic(path, "text");
    expect((await readdir(folder)).sort()).toEqual(["state", basename(of(process.ppid))]);
  });
});
