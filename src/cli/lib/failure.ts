// How a command ends: exit codes, and errors as people read them.
import { CommanderError } from "commander";
import { ConfigError, ZeroSiamError } from "../../tensor/errors.js";
import type { Colors } from "./colors.js";

/** The exit codes that scripts may rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Whether stacks are printed: `--debug` anywhere on the command line, or the variable DEBUG. */
export function debugging(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  return args.includes("--debug") || Boolean(env.DEBUG);
}

/** Prints what went wrong and what helps; the stack and the causes only when asked for. Returns the exit code. */
export function reportFailure(error: unknown, write: (text: string) => void, colors: Colors, debug: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, write, colors, debug);
  const known = error instanceof ZeroSiamError;
  const message = error instanceof Error ? error.message : String(error);
  write(`${colors.red(known ? error.name : "unexpected error")}: ${message}\n`);
  if (debug) write(`${describeCauses(error)}\n`);
  else if (!known) write("  help: this is a defect; run it again with --debug and report what it prints\n");
  return error instanceof ConfigError ? EXIT.usage : EXIT.failed;
}

/** Commander's own errors, in the words of ours; it has exit code 0 for --help and --version, and has printed these. */
function reportUsage(error: CommanderError, write: (text: string) => void, colors: Colors, debug: boolean): number {
  if (error.exitCode === 0) return EXIT.done;
  if (error.code === "commander.help") return EXIT.usage;
  const [message, suggestion = ""] = error.message.replace(/^error: /, "").split("\n");
  const meant = /^\(Did you mean (.*)\?\)$/.exec(suggestion)?.[1];
  const help = meant ? `did you mean ${meant}?` : "run it with --help for all options";
  return reportFailure(new ConfigError(message, help, { cause: error }), write, colors, debug);
}

/** The stacks of the error and of what caused it, innermost last. */
function describeCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\ncaused by ${describeCauses(error.cause)}`;
}
