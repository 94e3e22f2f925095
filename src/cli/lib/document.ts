// Where `--json` goes: a file, or stdout, which then has the document and nothing else.
import { FORMATS } from "../../experiments/format.js";
import { forTerminal } from "../../report/text/printable.js";
import { CheckpointError } from "../../tensor/errors.js";
import { checkWritable, writeJson } from "./output.js";

/** The name of stdout. */
const STDOUT = "-";

/** Whether stdout is for the document, so that whatever else would be said there goes to stderr. */
export const takesStdout = (json: string | undefined): boolean => json === STDOUT;

/** Finds out before a long run what would fail after it. Throws ConfigError if no document could be put at `json`. */
export async function checkDocument(json: string | undefined): Promise<void> {
  if (!takesStdout(json)) await checkWritable("--json", json);
}

/** Writes one JSON document where `--json` says; nothing without it. Throws CheckpointError. */
export async function writeDocument(json: string | undefined, document: Record<string, unknown>): Promise<void> {
  if (json === undefined) return;
  const whole = { format: FORMATS["document of results"], ...document };
  if (!takesStdout(json)) return writeJson(json, whole);
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(`${JSON.stringify(whole, null, 1)}\n`, (cause) => {
      // A reader that has gone, as `head`, has what it wanted.
      if (!cause || (cause as NodeJS.ErrnoException).code === "EPIPE") resolve();
      else reject(new CheckpointError(`stdout: cannot be written (${cause.message})`, "see the cause", { cause }));
    });
  });
}

/** A line of results, on stdout unless the document goes there. */
export function sayOn(json: string | undefined): (line: string) => void {
  const out = takesStdout(json) ? process.stderr : process.stdout;
  return (line) => void out.write(`${forTerminal(line)}\n`);
}
