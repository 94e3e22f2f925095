// The esbuild options that all programs of this package share, run from the clone or built for npm.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { reportClientDefine } from "./report-client.mjs";

/** @type {import("esbuild").BuildOptions} */
const shared = {
  absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
  bundle: true,
  format: "esm",
  legalComments: "none",
};

/** For Node: other packages stay imports. */
export function nodeOptions() {
  return { ...shared, platform: "node", target: "node20", packages: "external", define: reportClientDefine() };
}

/**
 * For browsers: code behind a test for `globalThis.process` is dropped, and `x.browser.ts` stands in for the `x.ts` beside
 * it. What imports a module of Node all the same fails here, not at the user's bundler.
 */
export function browserOptions() {
  const define = { "globalThis.process": "undefined" };
  return { ...shared, platform: "browser", target: "es2022", define, plugins: [browserFiles] };
}

/** @type {import("esbuild").Plugin} */
const browserFiles = {
  name: "browser-files",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path.replace(/js$/, "browser.ts"));
      return existsSync(file) ? { path: file } : undefined;
    });
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) => ({
      errors: [
        { text: `${importer} imports ${path}, which browsers lack: put what needs it into a file with a .browser.ts` },
      ],
    }));
  },
};
