// The `zerosiam` command: runs a subcommand and turns whatever happens into an exit code.
import { forTerminal } from "../report/text/printable.js";
import { colorsFor } from "./lib/colors.js";
import { debugging, reportFailure } from "./lib/failure.js";
import { survivePrinting } from "./lib/streams.js";
import { createProgram } from "./program.js";

function writeError(text: string): void {
  process.stderr.write(forTerminal(text));
}

function fail(error: unknown): void {
  const debug = debugging(process.argv, process.env);
  process.exitCode = reportFailure(error, writeError, colorsFor(process.stderr), debug);
}

const checkOutput = survivePrinting();
process.on("uncaughtException", (error) => {
  fail(error);
  process.exit();
});

try {
  await createProgram(writeError).parseAsync(process.argv);
  // A write that fails tells so later than it was called.
  await new Promise((resolve) => process.stdout.write("", resolve));
  checkOutput();
} catch (error) {
  fail(error);
}
