// The versions that a figure depends on.
import { createRequire } from "node:module";
import manifest from "../../../package.json" with { type: "json" };

/** This package's version. */
export const VERSION: string = manifest.version;

/** Versions of this package, Node, Dawn's binding and the adapter's driver ("" without an adapter). */
export function versions(driver: string): Record<string, string> {
  const { version } = createRequire(import.meta.url)("webgpu/package.json") as { version: string };
  return { zerosiam: VERSION, node: process.versions.node, webgpu: version, driver };
}
