// stdout and stderr that cannot be written to: what a command computes and saves does not depend on who listens.
import { CheckpointError } from "../../tensor/errors.js";

/** The reader has gone: `zerosiam demo | head`, or a terminal that was closed. */
const GONE: readonly string[] = ["EPIPE", "EIO", "ECONNRESET"];

/** Called at the end: throws CheckpointError when a line for stdout was lost that someone still waited for. */
export type OutputCheck = () => void;

/** Goes on where the streams fail, so that files are written all the same. */
export function survivePrinting(): OutputCheck {
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (!GONE.includes(error.code ?? "")) lost ??= error;
  });
  process.stderr.on("error", () => {}); // nobody is left who could be told
  return () => {
    if (!lost) return;
    const help = lost.code === "ENOSPC" ? "the disk is full; free space or write elsewhere" : "see the cause";
    throw new CheckpointError(`stdout: cannot be written (${lost.code})`, `${help}; files were written`, {
      cause: lost,
    });
  };
}
