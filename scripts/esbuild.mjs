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

/** For browsers: what runs only where there is a `globalThis.process` is dropped; other Node modules stay imports. */
export function browserOptions() {
  const define = { "globalThis.process": "undefined" };
  return { ...shared, platform: "browser", target: "es2022", define, external: ["node:*"] };
}
