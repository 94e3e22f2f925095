// Folders to load libraries from: nobody but this user and root may change what is in them.
import { chmodSync, lstatSync, mkdirSync, realpathSync, type Stats, statSync } from "node:fs";
import type { PlatformPath } from "node:path";
import { dirname } from "node:path";

const OTHERS_WRITE = 0o022;
const OTHERS = 0o077;
/** Others may add to such a folder, but not rename or remove what is not theirs: /tmp. */
const STICKY = 0o1000;

/** `XDG_CACHE_HOME`, or `.cache` in the home folder. A relative path is not taken, as XDG has it: it would mean whichever folder Node was started in. */
export function cacheHome(variable: string | undefined, home: () => string, path: PlatformPath): string {
  return variable && path.isAbsolute(variable) ? variable : path.join(home(), ".cache");
}

/**
 * Makes `folder` where there is none, and takes other users' rights away where it is `user`'s: umask 0 left them. Returns
 * its real path, undefined where another user could change what is in it or put another in its place. POSIX only.
 * Throws errors of the file system.
 */
export function guardedFolder(folder: string, user = process.geteuid?.()): string | undefined {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const real = realpathSync(folder); // a link on the way could be turned later
  for (let at = dirname(real); ; at = dirname(at)) {
    const stats = lstatSync(at);
    if (!isTrusted(stats, user) && !(stats.mode & STICKY && isOwned(stats, user))) return undefined;
    if (at === dirname(at)) break;
  }
  const own = lstatSync(real);
  if (own.uid === user && own.mode & OTHERS) chmodSync(real, 0o700);
  return isTrusted(lstatSync(real), user) ? real : undefined;
}

/** Whether nobody but `user` and root can write to this file or folder. */
export function isTrusted(stats: Stats, user = process.geteuid?.()): boolean {
  return isOwned(stats, user) && !(stats.mode & OTHERS_WRITE);
}

/** The owner of `/` is root by another number in a container without root. */
function isOwned({ uid }: Stats, user: number | undefined): boolean {
  return uid === user || uid === 0 || uid === statSync("/").uid;
}
