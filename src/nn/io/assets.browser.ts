// What stands in for assets.ts in browsers: the address of a committed file beside the modules that the package was built to.
import { CheckpointError } from "../../tensor/errors.js";

/** Address of a file of `assets/`. Throws CheckpointError in a bundle, which has left that folder. */
export async function assetPath(name: string): Promise<string> {
  const here = import.meta.url ?? ""; // a bundle that is no module has none
  const end = here.lastIndexOf("/dist/browser/");
  if (end >= 0 && /^https?:/.test(here)) return `${here.slice(0, end)}/assets/${name}`;
  throw new CheckpointError(
    `assets/${name}: bundles do not hold it`,
    `pass its address: vite has \`import url from "zerosiam/assets/${name}?url"\`, ` +
      `webpack \`new URL("zerosiam/assets/${name}", import.meta.url)\`; elsewhere, where you serve a copy of it`,
  );
}
