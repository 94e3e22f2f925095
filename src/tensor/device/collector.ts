// JavaScript's collector: called in Node, brought on in browsers. It counts the bytes of JavaScript's own objects, and
// knows nothing of the memory behind WebGPU's.

/** More bytes than a heap may grow by before its collector is called. They are never touched, so take no memory. */
const PRESSURE = 2 ** 26;

/** What runs the collector, now or soon. */
export async function findCollector(): Promise<() => void> {
  // Browser builds define globalThis.process as undefined, which drops this branch and with it all Node code.
  if (globalThis.process?.versions?.node) return (await import("./nodeCollector.js")).collector();
  return press;
}

function press(): void {
  try {
    new ArrayBuffer(PRESSURE);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // No room: a browser that finds none has called its collector before it says so.
  }
}
