// SwiftShader, Google's software Vulkan driver, unpacked from the npm package @sparticuz/chromium when installed.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { DeviceError } from "../../errors.js";
import type { Drivers } from "./describe.js";

const PACKAGE = "@sparticuz/chromium";
const LOADER = "libvulkan.so.1";
const MANIFEST = "vk_swiftshader_icd.json";
const FILES: readonly string[] = ["libvk_swiftshader.so", LOADER, MANIFEST];

/** Unpacks (once per machine and version) and returns its files. Throws DeviceError when not installed or no Linux x64. */
export function unpackSwiftShader(): Drivers {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new DeviceError(`${PACKAGE} has no driver for ${process.platform} ${process.arch}, only for linux x64`);
  }
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const folder = cacheFolder(version);
  if (!isComplete(folder)) unpackInto(folder, join(root, "bin/swiftshader.tar.br"));
  return { manifest: join(folder, MANIFEST), loader: join(folder, LOADER) };
}

function packageRoot(): string {
  try {
    const entry = createRequire(import.meta.url).resolve(PACKAGE);
    return entry.slice(0, entry.lastIndexOf(join(PACKAGE, "/")) + PACKAGE.length);
  } catch (cause) {
    throw new DeviceError(`${PACKAGE} is not installed`, "", { cause });
  }
}

/** A folder that only this user can fill, since libraries are loaded from it: never a fixed name in a shared /tmp. */
function cacheFolder(version: string): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "zerosiam");
  try {
    mkdirSync(cache, { recursive: true });
    return join(cache, `swiftshader-${version}`);
  } catch {
    // No writable home (containers, service users): unpack for this process alone.
    const folder = mkdtempSync(join(tmpdir(), "zerosiam-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return join(folder, `swiftshader-${version}`);
  }
}

function isComplete(folder: string): boolean {
  return FILES.every((file) => existsSync(join(folder, file)));
}

/** Unpacks beside `folder` and renames: parallel processes and interrupted runs never see half of it. */
function unpackInto(folder: string, archive: string): void {
  const fresh = mkdtempSync(`${folder}-`);
  try {
    for (const [name, bytes] of tarEntries(brotliDecompressSync(readFileSync(archive)))) {
      if (FILES.includes(basename(name))) writeFileSync(join(fresh, basename(name)), bytes);
    }
    // What another process has put there meanwhile it may be loading already: only a damaged folder is taken away.
    if (existsSync(folder) && !isComplete(folder)) rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    const wonByAnother = (error as NodeJS.ErrnoException).code === "ENOTEMPTY" && isComplete(folder);
    if (!wonByAnother) throw new DeviceError(`${PACKAGE}: could not unpack ${archive}`, "", { cause: error });
  }
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
