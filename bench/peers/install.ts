// Installs the libraries compared with, which weigh half a gigabyte, on first use and out of everybody's way.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ZeroSiamError } from "../../src/tensor/errors.js";
import manifest from "./package.json" with { type: "json" };
import lock from "./package-lock.json" with { type: "json" };

/** Versions of the packages, as bench/peers/package.json fixes them. */
export const PEER_VERSIONS: Readonly<Record<string, string>> = manifest.dependencies;

/** The packages, once they are there. */
export interface Packages {
  /** A CommonJS package. */
  require(name: string): unknown;
  /** A file of a package that is an ES module. */
  import(file: string): Promise<unknown>;
}

/** Beside this program's bundle: scripts/run.mjs puts that into a cache below node_modules. */
const FOLDER = fileURLToPath(new URL("peers/", import.meta.url));

/** Throws ZeroSiamError when npm cannot install them. */
export function installPeers(): Packages {
  const wanted = JSON.stringify(lock);
  const lockFile = `${FOLDER}package-lock.json`;
  const complete = existsSync(`${FOLDER}node_modules/.package-lock.json`); // npm's own, written last
  if (!complete || readFileSync(lockFile, "utf8") !== wanted) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}package.json`, JSON.stringify(manifest));
    writeFileSync(lockFile, wanted);
    npmInstall();
  }
  return {
    require: createRequire(lockFile),
    import: (file) => import(pathToFileURL(`${FOLDER}node_modules/${file}`).href),
  };
}

function npmInstall(): void {
  process.stderr.write("bench:peers: installing the libraries to compare with (460 MB)\n");
  const { status, error } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: FOLDER,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  const reason = error?.message ?? `npm ci ended with ${status}`;
  throw new ZeroSiamError(`bench:peers: the peers could not be installed: ${reason}`, "see npm's message above", {
    cause: error,
  });
}
