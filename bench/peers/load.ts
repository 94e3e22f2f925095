// Loads the libraries compared with: those that install and start here; the others are named with the reason.

import type { Session } from "../../src/cli/lib/session.js";
import { ZeroSiamError } from "../../src/tensor/errors.js";
import { installPeers, type Packages } from "./install.js";

/** How each is loaded: the first use of its package may throw. */
export type Loaders<T> = Readonly<Record<string, (packages: Packages) => Promise<T>>>;

export async function loadPeers<T>({ say, colors: { yellow } }: Session, loaders: Loaders<T>): Promise<T[]> {
  const peers: T[] = [];
  try {
    const packages = installPeers();
    for (const [name, load] of Object.entries(loaders)) {
      try {
        peers.push(await load(packages));
      } catch (error) {
        say(yellow(`${name} does not start here: ${(error as Error).message}`));
      }
    }
  } catch (error) {
    if (!(error instanceof ZeroSiamError)) throw error;
    say(yellow(error.message));
  }
  return peers;
}
