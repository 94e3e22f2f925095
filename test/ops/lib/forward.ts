// Checks of results: the device's against the op's float64 reference, and the same bits when repeated.
import { type Device, type DType, scope } from "../../../src/tensor/index.js";
import type { AnyOp, Sample, TensorInfo } from "../../../src/tensor/op.js";
import { apply } from "../../../src/tensor/run.js";
import { formatShape, sameShape } from "../../../src/tensor/shape.js";
import type { Check } from "./check.js";
import { mismatch } from "./compare.js";
import { describeSample, dtypeOf, hostInputs, upload } from "./samples.js";
import { callOf, infoOf } from "./scaled.js";

/** A check of each sample of `op`, and of its floats in each other dtype that the shape rule takes. */
export function forwardChecks(op: AnyOp): Check[] {
  return [...op.samples, ...INTEGERS.flatMap((dtype) => retyped(op, dtype))].map((sample, i) => ({
    title: `of ${describeSample(sample)}`,
    run: (device) => resultFailures(op, sample, i, device),
  }));
}

const INTEGERS: readonly DType[] = ["i32", "u32", "bool"];

/** The first sample of `op` that it also takes with `dtype` in the place of f32, unless samples have those dtypes. */
function retyped(op: AnyOp, dtype: DType): Sample[] {
  const samples = op.samples
    .filter(({ inputs }) => inputs.some((input) => dtypeOf(input) === "f32"))
    .map(({ inputs, args }): Sample => {
      const changed = inputs.map((input) =>
        dtypeOf(input) === "f32" ? { ...(infoOf(input) as TensorInfo), dtype } : input,
      );
      return { inputs: changed, ...(args && { args }) };
    });
  const known = new Set(op.samples.map(({ inputs }) => String(inputs.map(dtypeOf))));
  const found = samples.find(({ inputs, args = [] }) => callOf(op, inputs.map(infoOf), args));
  return found && !known.has(String(found.inputs.map(dtypeOf))) ? [found] : [];
}

async function resultFailures(op: AnyOp, sample: Sample, index: number, device: Device): Promise<string[]> {
  const { args = [] } = sample;
  const hosts = hostInputs(op, sample, index);
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
    const exact = infos[k].dtype === "u32" ? want[k].map((v) => v >>> 0) : want[k]; // u32 wraps, references do not
    const differences = mismatch(got, exact, infos[k], op.tolerance(hosts, params));
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
