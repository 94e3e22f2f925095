// Compares on the open device, and says what was found.
import type { CommonJson, Session } from "../../../src/cli/lib/session.js";
import { pretendBrowser } from "../browser.js";
import { PEER_VERSIONS } from "../install.js";
import { type Loaders, loadPeers } from "../load.js";
import { type Comparison, compareAccuracy } from "./compare.js";
import { type JaxFunctions, jaxAccuracy } from "./jax.js";
import type { AccuracyLibrary } from "./library.js";
import { type TfFunctions, tfjsAccuracy } from "./tfjs.js";
import { zerosiamAccuracy } from "./zerosiam.js";

const LOADERS: Loaders<AccuracyLibrary> = {
  "jax-js": (packages) => jaxAccuracy(packages.require("@jax-js/jax") as JaxFunctions),
  async tfjs(packages) {
    packages.require("@tensorflow/tfjs-backend-webgpu");
    return tfjsAccuracy(packages.require("@tensorflow/tfjs") as TfFunctions);
  },
};

/** What is stored of a run. */
export interface ComparedRun extends CommonJson, Comparison {
  readonly driver: string;
  readonly libraries: readonly string[];
}

/** Runs the comparison on the fixtures of `folder` and saves it. */
export async function runComparison(session: Session, folder: string, adapter: string | undefined): Promise<void> {
  pretendBrowser(adapter);
  const peers = await loadPeers(session, LOADERS);
  const found = await compareAccuracy(folder, zerosiamAccuracy, peers);
  for (const [op, standings] of Object.entries(found.cases)) {
    const cells = Object.entries(standings).map(([name, { result }]) => `${name} ${result?.ulp ?? "–"} ULP`.padEnd(24));
    session.say(`${op.padEnd(20)} ${cells.join(" ")}`);
  }
  const libraries = [zerosiamAccuracy, ...peers].map(({ name }) => name);
  await session.save(session.common(0, { peers: PEER_VERSIONS }), { driver: adapter ?? "", libraries, ...found });
}
