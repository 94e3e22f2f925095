// Ctrl-C, and what ends a job: the first asks to finish the batch and save, the second ends the process at once.
import { EXIT } from "./failure.js";

/** npm passes Ctrl-C on to a child that the terminal has told already: two signals this close are one. */
const SAME_PRESS_MS = 500;

/** Ctrl-C, what schedulers send before they kill, and the end of the terminal: a connection that broke. */
export const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A request to stop, to be looked at between batches. Dispose it when nothing is left to save. */
export interface Interrupt extends Disposable {
  readonly requested: boolean;
}

/**
 * Listens for signals until disposed. `announce` gets a line that tells the person what happens now. A process that was
 * started with a channel is also asked to stop by the end of the one that started it.
 */
export function listenForInterrupt(announce: (text: string) => void): Interrupt {
  let pressedAt: number | null = null;
  const onSignal = (): void => {
    if (pressedAt === null) {
      pressedAt = performance.now();
      announce("interrupted: finishing the batch and saving what there is (Ctrl-C again stops at once)");
    } else if (performance.now() - pressedAt > SAME_PRESS_MS) process.exit(EXIT.interrupted);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return {
    get requested() {
      return pressedAt !== null || process.connected === false; // undefined without a channel
    },
    [Symbol.dispose]() {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
    },
  };
}
