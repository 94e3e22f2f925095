// Where the committed data and weights lie: the `assets` folder of this package (Node only: in browsers assets.browser.ts stands in).
import { CheckpointError } from "../../tensor/errors.js";

/** Path of a file of `assets/`, found by walking up from this module: it runs from the sources and from a bundle. */
export async function assetPath(name: string): Promise<string> {
  const { existsSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  let folder = new URL("./", import.meta.url);
  for (let last = ""; folder.href !== last; folder = new URL("../", folder)) {
    const candidate = new URL(`assets/${name}`, folder);
    if (existsSync(candidate)) return fileURLToPath(candidate);
    last = folder.href;
  }
  throw new CheckpointError(`assets/${name}: not found`, "the package is incomplete; install or clone it again");
}
