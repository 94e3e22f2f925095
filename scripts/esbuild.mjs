// The esbuild options that all programs of this package share, run from the clone or built for npm.
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
 * For browsers: code behind a test for `globalThis.process` is dropped. What else imports a Node module late gets one
 * that throws, so that bundlers of users find nothing to resolve; importing names early fails here.
 */
export function browserOptions() {
  const define = { "globalThis.process": "undefined" };
  return { ...shared, platform: "browser", target: "es2022", define, plugins: [nodeModulesThrow] };
}

/** @type {import("esbuild").Plugin} */
const nodeModulesThrow = {
  name: "node-modules-throw",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "node-only" }));
    build.onLoad({ filter: /.*/, namespace: "node-only" }, ({ path }) => ({
      contents: `throw new Error("${path} is a module of Node, not of browsers"); export {};`,
    }));
  },
};
