// Compiling WGSL without a GPU, in a process of its own.
import { execFile } from "node:child_process";

const COMPILER = new URL("./compiler.mjs", import.meta.url).pathname;

/** Those of `kernels` that do not compile at the limits that every adapter grants, and why. */
export function compile(
  kernels: readonly { label: string; code: string }[],
): Promise<{ label: string; message: string }[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [COMPILER], { maxBuffer: 2 ** 26 }, (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(kernels));
  });
}
