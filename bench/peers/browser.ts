// What libraries written for browsers expect around them, over the Dawn instance and the adapter that ours uses.
import { openGpu } from "../../src/tensor/device/adapter/index.js";
import { pollGently } from "../../src/tensor/device/adapter/polling.js";

type AnyMethod = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/** Installs `navigator.gpu`; all waits are gentle on the processor, for every library alike. Call once a device is open. */
export function pretendBrowser(adapter: string | undefined): void {
  const gpu = {
    // openGpu() finds the instance again that ours was opened with.
    requestAdapter: async () => (await openGpu(adapter === undefined ? {} : { adapter })).adapter,
    getPreferredCanvasFormat: () => "bgra8unorm",
    wgslLanguageFeatures: new Set<string>(),
  };
  const navigator = { userAgent: "Node.js", hardwareConcurrency: 1, gpu };
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
  waitGently(GPUBuffer.prototype, "mapAsync");
  waitGently(GPUQueue.prototype, "onSubmittedWorkDone");
  copySharedWrites(GPUQueue.prototype);
}

/** Without this Dawn's binding takes a core to ask again and again, on software adapters from the work itself. */
function waitGently<K extends string>(prototype: { [name in K]: unknown }, name: K): void {
  const native = prototype[name] as AnyMethod;
  prototype[name] = function (this: unknown, ...args: unknown[]) {
    return pollGently(() => native.apply(this, args));
  } satisfies AnyMethod;
}

/** onnxruntime-web writes whole views of WebAssembly's memory, which Dawn's binding refuses when it is shared. */
function copySharedWrites(prototype: GPUQueue): void {
  const native = prototype.writeBuffer;
  prototype.writeBuffer = function (buffer, offset, data, ...part) {
    const shared = data instanceof Uint8Array && data.buffer instanceof SharedArrayBuffer;
    return native.call(this, buffer, offset, (shared ? data.slice() : data) as GPUAllowSharedBufferSource, ...part);
  };
}
