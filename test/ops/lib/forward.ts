// Checks of results: the device's against the op's float64 reference, and the same bits when repeated.
import { type Device, scope } from "../../../src/tensor/index.js";
import type { AnyOp } from "../../../src/tensor/op.js";
import { apply } from "../../../src/tensor/run.js";
import { formatShape, sameShape } from "../../../src/tensor/shape.js";
import type { Check } from "./check.js";
import { mismatch } from "./compare.js";
import { describeSample, hostInputs, upload } from "./samples.js";

/** A check of each sample of `op`. */
export function forwardChecks(op: AnyOp): Check[] {
  return op.samples.map((sample, i) => ({
    title: `of ${describeSample(sample)}`,
    run: (device) => resultFailures(op, i, device),
  }));
}

async function resultFailures(op: AnyOp, index: number, device: Device): Promise<string[]> {
  const { args = [] } = op.samples[index];
  const hosts = hostInputs(op, op.samples[index], index);
  const params = op.params?.(hosts, ...args);
  const infos = op.infer(hosts, params);
  const want = op.reference(hosts, params);
  const [first, second] = scope(() => {
    const inputs = hosts.map((host) => host && upload(host, device));
    return [apply(op, inputs, args), apply(op, inputs, args)];
  });
  const failures: string[] = [];
  for (const [k, { shape, dtype }] of first.entries()) {
    const got = await first[k].data();
    if (!sameShape(shape, infos[k].shape) || dtype !== infos[k].dtype) {
      failures.push(`output ${k} is ${dtype}${formatShape(shape)}`);
    }
    const differences = mismatch(got, want[k], infos[k], op.tolerance(hosts, params));
    if (differences) failures.push(differences);
    if (!sameBits(got, await second[k].data())) failures.push(`output ${k} has other bits when computed again`);
  }
  for (const output of [...first, ...second]) output.dispose();
  return failures;
}

/** Whether `a` and `b` hold the same, to the sign of zero and the bits of NaN. */
export function sameBits(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}
