// The package as npm packs it: what its pages link to is in it, and it says nothing of itself that is not so.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { browserOptions } from "../scripts/esbuild.mjs";
import { dawnError } from "../src/tensor/device/adapter/dawn.js";

/** Files of the package; dist/ only where it has been built. */
let packed: ReadonlySet<string>;
beforeAll(() => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const listed = execFileSync(npm, ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  packed = new Set(files.map(({ path }) => path));
});

/** Targets of links and images of a page, from the root of the package; addresses and places on the page itself are none. */
function targets(page: string): string[] {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link);
  return links.filter((link) => !/^\w+:/.test(link)).map((link) => posix.join(posix.dirname(page), link));
}

test("every page links only to what is packed beside it", () => {
  const pages = [...packed].filter((path) => path.endsWith(".md"));
  expect(pages.length).toBeGreaterThan(100);
  const there = (path: string) => packed.has(path) || [...packed].some((file) => file.startsWith(`${path}/`));
  const broken = pages.flatMap((page) =>
    targets(page)
      .filter((path) => !there(path))
      .map((path) => `${page}: ${path}`),
  );
  expect(broken).toEqual([]);
});

test("every file of examples and assets that a page names is packed", () => {
  const pages = [...packed].filter((path) => path.endsWith(".md") && path !== "CHANGELOG.md");
  const named = pages.flatMap((page) => readFileSync(page, "utf8").match(/\b(examples|assets)\/[\w./-]*\.\w+/g) ?? []);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((path) => !packed.has(path))).toEqual([]);
});

test("the build for browsers has nothing of Node, neither imports nor stubs", async () => {
  const entryPoints = ["src/index.ts", "src/kernels/index.ts"];
  const outputs = { outdir: "dist", splitting: true, write: false, metafile: true } as const;
  const { outputFiles, metafile, warnings } = await build({ ...browserOptions(), ...outputs, entryPoints });
  expect(warnings).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))).toEqual(
    [],
  );
  expect(outputFiles.filter(({ text }) => text.includes("node:")).map(({ path }) => path)).toEqual([]);
});

describe("package.json", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));

  test("brings Dawn and the benchmarks' sampler unless --omit=optional leaves them out", () => {
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(["benchmark", "webgpu"]);
  });

  test("has the version of Dawn that the error names where it is missing", () => {
    const { help } = dawnError(Object.assign(new Error(), { code: "ERR_MODULE_NOT_FOUND" }));
    expect(help).toBe(`npm install webgpu@${manifest.optionalDependencies.webgpu}`);
  });

  test("gives addresses only as `repository`, from which npm fills homepage and bugs", () => {
    for (const field of ["homepage", "bugs"]) expect(manifest[field]).toBeUndefined();
  });
});
