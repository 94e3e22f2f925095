// Catches what Dawn and its drivers print while an adapter is looked for: native stderr, past every JavaScript stream.
import { closeSync, constants, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STDERR = 2;
/** Printed for every instance on lavapipe, whatever is asked of it. */
const HARMLESS = /^Warning: .* artificially reduced .*\n/gm;

/**
 * Runs `task` with file descriptor 2 pointing to a file; returns its value and what was printed, less HARMLESS.
 * Node has no dup2(): where the descriptor cannot be opened anew, or where a pending open() could take its number in
 * between, `task` just runs and prints as it likes.
 */
export function captureStderr<T>(task: () => T): { value: T; printed: string } {
  const fileBusy = process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"));
  const stderr = fileBusy ? undefined : reopenStderr();
  if (stderr === undefined) return { value: task(), printed: "" };
  const folder = mkdtempSync(join(tmpdir(), "zerosiam-stderr-"));
  const file = join(folder, "stderr");
  closeSync(STDERR);
  openSync(file, "a");
  try {
    const value = task();
    return { value, printed: readFileSync(file, "utf8").replace(HARMLESS, "") };
  } finally {
    closeSync(STDERR);
    openSync(`/proc/self/fd/${stderr}`, "a");
    closeSync(stderr);
    rmSync(folder, { recursive: true });
  }
}

/** A second descriptor of a terminal or pipe; undefined for sockets, without /proc, and for a pipe nobody reads. */
function reopenStderr(): number | undefined {
  try {
    // Not files: stdout may share the offset (`> log 2>&1`), and a file opened anew has one of its own.
    const kind = fstatSync(STDERR);
    if (!kind.isFIFO() && !kind.isCharacterDevice()) return undefined;
    return openSync("/proc/self/fd/2", constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
