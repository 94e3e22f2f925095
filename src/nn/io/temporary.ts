// The temporary files that atomic writes pass through: their names, and taking away what killed processes left. Node only.

/** `PATH.HOST-PID-RANDOM.tmp`. */
const ENDING = /^\.([0-9a-z]*)-(\d+)-[0-9a-f]{8}\.tmp$/;

/** A name beside `path` that no other write has. */
export async function temporaryName(path: string): Promise<string> {
  return `${path}.${await hostName()}-${process.pid}-${crypto.randomUUID().slice(0, 8)}.tmp`;
}

/** Letters and digits of this machine's name: other machines may write to the same folder. */
async function hostName(): Promise<string> {
  const { hostname } = await import("node:os");
  return hostname()
    .toLowerCase()
    .replace(/[^0-9a-z]/g, "")
    .slice(0, 24);
}

/** Removes the temporary files of `path` whose process has ended: it was killed while it wrote. */
export async function removeAbandoned(path: string): Promise<void> {
  const { readdir, rm, stat } = await import("node:fs/promises");
  const { basename, dirname, join } = await import("node:path");
  const [folder, base, host] = [dirname(path), basename(path), await hostName()];
  for (const name of await readdir(folder)) {
    const [, madeOn, pid] = (name.startsWith(base) && ENDING.exec(name.slice(base.length))) || [];
    if (pid === undefined || madeOn !== host) continue;
    const file = join(folder, name);
    // A number of an ended process may be ours again, as in a container that was started anew.
    const started = Date.now() - 1000 * process.uptime();
    const isOurs = Number(pid) === process.pid;
    const abandoned = isOurs ? (await stat(file)).mtimeMs < started : !isAlive(Number(pid));
    if (abandoned) await rm(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0); // signal 0 only asks
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
