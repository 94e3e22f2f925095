// Runs the command-line program as a user would: its own process, its own exit code.
import { type ChildProcess, spawn } from "node:child_process";
import { BUNDLE } from "./bundle.js";

/** What a run of the program left. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  /** The folder that it runs in; default: this clone. */
  cwd?: string;
  /** Given the process once it runs, to send it signals. */
  during?: (child: ChildProcess) => void;
}

/** `zerosiam ARGS` in this clone; resolves at its end, whatever that is. */
export function zerosiam(args: readonly string[], { env = {}, cwd, during }: RunOptions = {}): Promise<Outcome> {
  const { FORCE_COLOR: _, DEBUG: __, ...inherited } = process.env;
  const child = spawn(process.execPath, ["--enable-source-maps", BUNDLE, ...args], {
    cwd,
    env: { ...inherited, ...env },
  });
  const outcome: Outcome = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => {
    outcome.stdout += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    outcome.stderr += data.toString();
  });
  during?.(child);
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("close", (code) => done({ ...outcome, code }));
  });
}
