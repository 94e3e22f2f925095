// SwiftShader, Google's software Vulkan driver, unpacked from the npm package @sparticuz/chromium when installed.
import { randomUUID } from "node:crypto";
import { lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import path, { basename, join, type PlatformPath } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { DeviceError } from "../../errors.js";
import type { Drivers } from "./describe.js";
import { cacheHome, guardedFolder, isTrusted } from "./guarded.js";

const PACKAGE = "@sparticuz/chromium";
const LOADER = "libvulkan.so.1";
const MANIFEST = "vk_swiftshader_icd.json";
const NAMES: readonly string[] = ["libvk_swiftshader.so", LOADER, MANIFEST];

type Files = ReadonlyMap<string, Buffer>;

/**
 * Its files, unpacked once per machine and version, and again where they are damaged: the bytes are compared with the
 * package's at every call, which takes 0.1 s. Throws DeviceError when it is not installed, cannot be unpacked, or off Linux x64.
 */
export function unpackSwiftShader(): Drivers {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new DeviceError(`${PACKAGE} has no driver for ${process.platform} ${process.arch}, only for linux x64`);
  }
  const root = packageRoot();
  try {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const files = driverFiles(join(root, "bin/swiftshader.tar.br"));
    const folder = fillCache(`swiftshader-${version}`, files) ?? fillOwn(files);
    return { manifest: join(folder, MANIFEST), loader: join(folder, LOADER) };
  } catch (cause) {
    if (cause instanceof DeviceError) throw cause;
    throw new DeviceError(`${PACKAGE}: could not unpack SwiftShader: ${(cause as Error).message}`, "", { cause });
  }
}

function packageRoot(): string {
  try {
    return rootOf(createRequire(import.meta.url).resolve(PACKAGE), path);
  } catch (cause) {
    throw new DeviceError(`${PACKAGE} is not installed`, "", { cause });
  }
}

/** The folder of the package that `entry`, a file of it, is in. */
export function rootOf(entry: string, style: PlatformPath): string {
  return entry.slice(0, entry.lastIndexOf(style.join(PACKAGE, "/")) + PACKAGE.length);
}

/** The driver's files by name. Throws DeviceError where the archive lacks one. */
function driverFiles(archive: string): Files {
  const files = new Map<string, Buffer>();
  for (const [name, bytes] of tarEntries(brotliDecompressSync(readFileSync(archive)))) {
    if (NAMES.includes(basename(name))) files.set(basename(name), bytes);
  }
  const missing = NAMES.find((name) => !files.has(name));
  if (missing) throw new DeviceError(`${archive} holds no ${missing}`, `reinstall ${PACKAGE}`);
  return files;
}

/** The folder `name` in this user's cache, filled; undefined where others can change it, or where it cannot be written. */
function fillCache(name: string, files: Files): string | undefined {
  try {
    const cache = guardedFolder(join(cacheHome(process.env.XDG_CACHE_HOME, homedir, path), "zerosiam"));
    const folder = cache && guardedFolder(join(cache, name));
    if (folder) fill(folder, files);
    return folder;
  } catch (error) {
    // No home, or one that is full or read-only: what the process's own folder is for, which says so if it fails too.
    if ((error as NodeJS.ErrnoException).code) return undefined;
    throw error;
  }
}

let own: string | undefined;

/** A folder for this process alone. Throws DeviceError where others can change the folder for temporary files. */
function fillOwn(files: Files): string {
  if (!own) {
    const folder = mkdtempSync(join(tmpdir(), "zerosiam-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    own = guardedFolder(folder);
  }
  if (!own) throw new DeviceError(`other users can change ${tmpdir()}`, "set TMPDIR to a folder of your own");
  fill(own, files);
  return own;
}

/** Writes what is not there as it should be, a file at a time by renaming: other processes see the old one or the new one, whole. */
function fill(folder: string, files: Files): void {
  for (const [name, bytes] of files) {
    const file = join(folder, name);
    if (isIntact(file, bytes)) continue;
    const fresh = `${file}.${randomUUID()}`;
    try {
      writeFileSync(fresh, bytes, { mode: 0o600, flag: "wx" });
      renameSync(fresh, file);
    } finally {
      rmSync(fresh, { force: true });
    }
  }
}

/** Whether `file` holds these very bytes and nobody else can change them. */
function isIntact(file: string, bytes: Buffer): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return !!stats?.isFile() && isTrusted(stats) && stats.size === bytes.length && readFileSync(file).equals(bytes);
}

/** Files of a tar archive: 512-byte headers (name at 0, octal size at 124), contents padded to 512 bytes. */
function* tarEntries(tar: Buffer): Generator<[name: string, bytes: Buffer]> {
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    const name = tar.toString("latin1", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(tar.toString("latin1", at + 124, at + 136), 8);
    yield [name, tar.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
