// What processes hold beyond JavaScript's heap, as Linux tells it.
import { readdirSync, readFileSync } from "node:fs";

export interface Native {
  /** Mappings of the process that has most of them: the kernel's limit is for each. */
  readonly maps: number;
  /** Resident memory of all together, MiB. */
  readonly rss: number;
}

/** Of this process alone. Throws where there is no /proc. */
export function nativeOfSelf(): Native {
  return nativeOf([String(process.pid)]);
}

/** Of all processes that this one started, and those that they did: a browser is many. Throws where there is no /proc. */
export function nativeOfChildren(): Native {
  const parents = new Map<string, string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const [, ppid] = /\) \S (\d+)/.exec(read(pid, "stat")) ?? [];
    if (ppid) parents.set(pid, ppid);
  }
  const self = String(process.pid);
  const isOwn = (pid = ""): boolean => parents.has(pid) && (parents.get(pid) === self || isOwn(parents.get(pid)));
  return nativeOf([...parents.keys()].filter((pid) => isOwn(pid)));
}

function nativeOf(pids: readonly string[]): Native {
  const maps = pids.map((pid) => read(pid, "maps").split("\n").length - 1);
  const kilobytes = pids.map((pid) => Number(/VmRSS:\s*(\d+)/.exec(read(pid, "status"))?.[1] ?? 0));
  return { maps: Math.max(...maps), rss: Math.round(kilobytes.reduce((sum, n) => sum + n, 0) / 1024) };
}

/** A process may end while it is looked at: it holds nothing then. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
