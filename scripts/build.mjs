// Builds dist/: ES modules for Node and for browsers, and type declarations, with maps to src/, which the package holds.
// `npm pack` and an installation from git run it.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { browserOptions, nodeOptions } from "./esbuild.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8"));

/** `{ index: "src/index.ts", tensor: "src/tensor/index.ts", ... }`: an entry for each path that package.json exports, but files. */
const entries = Object.fromEntries(
  Object.entries(exports)
    .filter(([, target]) => target.types)
    .map(([path]) => [
      path === "." ? "index" : path.slice(2),
      `src/${path === "." ? "" : `${path.slice(2)}/`}index.ts`,
    ]),
);

rmSync(`${ROOT}/dist`, { recursive: true, force: true });
// Splitting gives all entries of a platform one copy of the code: two Tensor classes would not know each other.
const split = {
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  sourcemap: true,
  sourcesContent: false,
};
await build({
  ...nodeOptions(),
  ...split,
  entryPoints: { ...entries, cli: "src/cli/main.ts" },
  outdir: "dist/node",
});
await build({ ...browserOptions(), ...split, entryPoints: entries, outdir: "dist/browser" });
const tsc = [`${ROOT}/node_modules/typescript/bin/tsc`, "--project", "tsconfig.build.json"];
process.exitCode = spawnSync(process.execPath, tsc, { cwd: ROOT, stdio: "inherit" }).status ?? 1;
