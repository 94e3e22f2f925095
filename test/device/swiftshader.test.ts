// Where SwiftShader is unpacked to, and whose files are loaded: what another user could have put there is not.
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path, { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cacheHome, guardedFolder } from "../../src/tensor/device/adapter/guarded.js";
import { rootOf, unpackSwiftShader } from "../../src/tensor/device/adapter/swiftshader.js";

const DRIVER = "libvk_swiftshader.so";
let home: string;
let before: string | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "zerosiam-test-"));
  before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(home, "cache");
});

afterEach(async () => {
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  await rm(home, { recursive: true });
});

/** The folder that SwiftShader is loaded from. */
const unpacked = () => dirname(unpackSwiftShader().manifest as string);
const sizeIn = async (folder: string) => (await stat(join(folder, DRIVER))).size;

test("nobody else may write to the cache, whatever the umask", async () => {
  const umask = process.umask(0);
  try {
    const folder = unpacked();
    expect(folder.startsWith(home)).toBe(true);
    for (const made of [folder, dirname(folder), dirname(dirname(folder))]) {
      expect(((await stat(made)).mode & 0o777).toString(8)).toBe("700");
    }
    for (const file of await readdir(folder)) {
      expect(((await stat(join(folder, file))).mode & 0o777).toString(8)).toBe("600");
    }
  } finally {
    process.umask(umask);
  }
});

test("a file of the cache that is damaged or missing is unpacked again, and nothing else is left there", async () => {
  const folder = unpacked();
  const [size, files] = [await sizeIn(folder), await readdir(folder)];
  await truncate(join(folder, DRIVER), 4096);
  expect(unpacked()).toBe(folder);
  expect(await sizeIn(folder)).toBe(size);
  await rm(join(folder, DRIVER));
  expect(unpacked()).toBe(folder);
  expect(await sizeIn(folder)).toBe(size);
  expect(await readdir(folder)).toEqual(files);
});

test("files that were planted are not loaded: they are replaced, or the cache is left alone", async () => {
  const folder = unpacked();
  const size = await sizeIn(folder);
  await writeFile(join(folder, DRIVER), "planted");
  expect(await sizeIn(unpacked())).toBe(size);

  await writeFile(join(folder, DRIVER), "planted");
  await chmod(home, 0o777); // someone else could put another cache in the place of this one
  const own = unpacked();
  expect(own.startsWith(home)).toBe(false);
  expect(await sizeIn(own)).toBe(size);
  expect(await sizeIn(folder)).toBe(7);
});

test("rights that others have on the cache's own folders are taken away, and what they may have put there is replaced", async () => {
  const folder = unpacked();
  const size = await sizeIn(folder);
  for (const open of [folder, dirname(folder)]) await chmod(open, 0o777);
  await chmod(join(folder, DRIVER), 0o666);
  await truncate(join(folder, DRIVER), 100);
  expect(unpacked()).toBe(folder);
  expect(((await stat(folder)).mode & 0o777).toString(8)).toBe("700");
  expect(((await stat(join(folder, DRIVER))).mode & 0o777).toString(8)).toBe("600");
  expect(await sizeIn(folder)).toBe(size);
});

test("another user's folder is not loaded from; root's is, and one in a folder like /tmp", async () => {
  const STRANGER = 4711;
  const folder = join(home, "theirs");
  await mkdir(folder);
  const root = process.geteuid?.() === 0;
  if (root) await chown(folder, STRANGER, STRANGER);
  expect(guardedFolder(join(folder, "cache"), root ? 0 : STRANGER)).toBeUndefined();
  expect(guardedFolder(folder, root ? 0 : STRANGER)).toBeUndefined();
  expect(guardedFolder("/usr", STRANGER)).toBe("/usr");

  await mkdir(join(home, "open"));
  await chmod(join(home, "open"), 0o1777);
  const inside = join(home, "open", "mine");
  expect(guardedFolder(inside)).toBe(inside);
  await chmod(join(home, "open"), 0o777);
  expect(guardedFolder(inside)).toBeUndefined();
});

test("the cache is where XDG and the home say, and a relative XDG_CACHE_HOME is no place", () => {
  expect(cacheHome("/srv/cache", () => "/home/me", path.posix)).toBe("/srv/cache");
  expect(cacheHome("cache", () => "/home/me", path.posix)).toBe("/home/me/.cache");
  expect(cacheHome("", () => "C:\\Users\\me", path.win32)).toBe("C:\\Users\\me\\.cache");
  expect(cacheHome("D:\\cache", () => "C:\\Users\\me", path.win32)).toBe("D:\\cache");
  expect(cacheHome("cache", () => "C:\\Users\\me", path.win32)).toBe("C:\\Users\\me\\.cache");
});

test("the package's folder is found from a file of it, by either kind of path", () => {
  const posix = "/home/me/node_modules/@sparticuz/chromium";
  expect(rootOf(`${posix}/build/esm/index.js`, path.posix)).toBe(posix);
  const win32 = "C:\\me\\node_modules\\@sparticuz\\chromium";
  expect(rootOf(`${win32}\\build\\esm\\index.js`, path.win32)).toBe(win32);
  expect(basename(unpacked())).toMatch(/^swiftshader-[\d.]+$/);
});
