// The `zerosiam` command: runs a subcommand and turns whatever happens into an exit code.
import { colorsFor } from "./lib/colors.js";
import { debugging, reportFailure } from "./lib/failure.js";
import { createProgram } from "./program.js";

function writeError(text: string): void {
  process.stderr.write(text);
}

function fail(error: unknown): void {
  const debug = debugging(process.argv, process.env);
  process.exitCode = reportFailure(error, writeError, colorsFor(process.stderr), debug);
}

// `zerosiam demo | head` closes the pipe early: what is left to say is then not wanted, the files still are.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});
process.on("uncaughtException", (error) => {
  fail(error);
  process.exit();
});

try {
  await createProgram(writeError).parseAsync(process.argv);
} catch (error) {
  fail(error);
}
