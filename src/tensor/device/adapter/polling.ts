// Waits for the GPU in Node without burning a core. While an operation is pending, Dawn's binding polls by calling
// setImmediate() with itself, over and over: on software adapters that takes the processor from the work waited for.
// Measured on lavapipe, 20 to 300 ms of work: 1.4 to 1.6 times faster on two cores, 1.9 times on one; 1 to 3 ms: 1 ms slower.

/** Polling is eager for this long, so that short waits lose nothing; then it goes through 1 ms timers. */
const EAGER_MS = 1;

let began = 0;

/**
 * Runs `start`, which starts one GPU operation (`mapAsync()`, `onSubmittedWorkDone()`), with gentle polling; in browsers
 * just runs it. setImmediate() is replaced only while native code runs, so no callback but the binding's is delayed.
 */
export function pollGently<T>(start: () => Promise<T>): Promise<T> {
  if (!globalThis.process?.versions?.node) return start();
  began = performance.now();
  return intercept(start);
}

function intercept<T>(native: () => T): T {
  const original = globalThis.setImmediate;
  const gentle = (tick: () => void) => {
    const next = () => intercept(tick);
    return performance.now() - began < EAGER_MS ? original(next) : setTimeout(next, 1);
  };
  globalThis.setImmediate = gentle as unknown as typeof setImmediate;
  try {
    return native();
  } finally {
    globalThis.setImmediate = original;
  }
}
