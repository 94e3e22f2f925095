// Ctrl-C: the first asks to finish the batch and save, the second ends the process at once.
import { EXIT } from "./failure.js";

/** npm passes Ctrl-C on to a child that the terminal has told already: two signals this close are one. */
const SAME_PRESS_MS = 500;

/** A request to stop, to be looked at between batches. Dispose it when nothing is left to save. */
export interface Interrupt extends Disposable {
  readonly requested: boolean;
}

/** Listens for Ctrl-C until disposed. `announce` gets a line that tells the person what happens now. */
export function listenForInterrupt(announce: (text: string) => void): Interrupt {
  let pressedAt: number | null = null;
  const onSignal = (): void => {
    if (pressedAt === null) {
      pressedAt = performance.now();
      announce("interrupted: finishing the batch and saving what there is (Ctrl-C again stops at once)");
    } else if (performance.now() - pressedAt > SAME_PRESS_MS) process.exit(EXIT.interrupted);
  };
  process.on("SIGINT", onSignal);
  return {
    get requested() {
      return pressedAt !== null;
    },
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
    },
  };
}
