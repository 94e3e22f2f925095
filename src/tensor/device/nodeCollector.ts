// Node's collector. It counts the bytes of JavaScript's objects, and knows nothing of the memory behind WebGPU's.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let found: (() => void) | undefined;

/** `gc()`, as `node --expose-gc` gives it; the global object stays as it is. */
export function collector(): () => void {
  found ??= globalThis.gc ? () => globalThis.gc?.() : expose();
  return found;
}

function expose(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void; // a new context gets what the flags say now
  setFlagsFromString("--no-expose-gc");
  return gc;
}
