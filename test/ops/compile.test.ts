// Every kernel of every sample compiles at the limits that each adapter grants, for each kind of adapter; no GPU is used.
import { execFile } from "node:child_process";
import { expect, it } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { type Caps, DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { hostInputs } from "./lib/samples.js";

const ADAPTERS: Record<string, Caps> = {
  "a GPU at the default limits, without subgroups": DEFAULT_CAPS,
  "a GPU with subgroups of 32 and f16": { ...DEFAULT_CAPS, subgroupSize: 32, f16: true },
  "a GPU with subgroups of 64": { ...DEFAULT_CAPS, subgroupSize: 64 },
  "a software adapter without subgroups": { ...DEFAULT_CAPS, kind: "software" },
  "a software adapter with subgroups of 4": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 4 },
  "a software adapter with subgroups of 8 and f16": { ...DEFAULT_CAPS, kind: "software", subgroupSize: 8, f16: true },
};
const COMPILER = new URL("./lib/compiler.mjs", import.meta.url).pathname;

it.each(Object.entries(ADAPTERS))("every kernel compiles for %s", async (_, caps) => {
  const kernels = kernelsFor(caps);
  expect(kernels.length).toBeGreaterThan(0);
  expect(await compile(kernels)).toEqual([]);
});

/** The distinct kernels of all samples, and a check that they stay within the caps that they were asked for. */
function kernelsFor(caps: Caps) {
  const texts = new Map<string, string>();
  for (const op of OPS) {
    for (const [i, sample] of op.samples.entries()) {
      const inputs = hostInputs(op, sample, i);
      const params = op.params?.(inputs, ...(sample.args ?? []));
      const outputs = op.infer(inputs, params);
      if (outputs.every(({ shape }) => sizeOf(shape) === 0)) continue;
      for (const { source, operands, uniforms } of op.kernels?.({ inputs, outputs, params, caps }).dispatches ?? []) {
        texts.set(source.code, source.label);
        expect(operands.length, `${source.label}: storage buffers, of which 8 are granted`).toBeLessThanOrEqual(8);
        expect(uniforms.byteLength, `${source.label}: uniforms in a slot of 256 bytes`).toBeLessThanOrEqual(256);
      }
    }
  }
  return [...texts].map(([code, label]) => ({ label, code }));
}

function compile(kernels: readonly { label: string; code: string }[]): Promise<{ label: string; message: string }[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [COMPILER], { maxBuffer: 2 ** 26 }, (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(kernels));
  });
}
