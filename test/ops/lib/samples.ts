// Inputs of an op's samples: seeded by op and sample, so that a failure repeats, and exact in the dtype.
import { type DType, typedView } from "../../../src/tensor/dtype.js";
import { type Device, type Tensor, tensor } from "../../../src/tensor/index.js";
import type { AnyOp, HostTensor, Inputs, Sample, SampleInput, SampleTensor } from "../../../src/tensor/op.js";
import { Rng } from "../../../src/tensor/rng.js";
import { formatShape, type Shape, sizeOf } from "../../../src/tensor/shape.js";

/** The inputs of sample `index` of `op`: standard normals, small integers or coin flips unless the sample says else. */
export function hostInputs(op: AnyOp, sample: Sample, index: number): Inputs<HostTensor> {
  const rng = new Rng(0).fork(`${op.name} ${index}`);
  return sample.inputs.map((input) => input && hostTensor(normalize(input), rng));
}

/** Standard normals for `shape`, as f32 values: gradients to start from and directions. */
export function hostNormals(shape: Shape, rng: Rng): Float64Array {
  return Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(rng.normal()));
}

/** Whether the derivative is checked on this input: given values may sit on edges (infinities, zeros, ties), where there is none. */
export function isSmooth(input: SampleInput): boolean {
  if (input === null) return true;
  const { dtype, values = [] } = normalize(input);
  return (
    dtype !== "f32" || (values.every((v) => Number.isFinite(v) && v !== 0) && new Set(values).size === values.length)
  );
}

/** `host` on the device. */
export function upload({ shape, dtype, data }: HostTensor, device: Device): Tensor {
  const typed = typedView(dtype, new ArrayBuffer(4 * data.length));
  typed.set(data);
  return tensor(typed, shape, { device, dtype });
}

/** `f32[2, 65], f32[65] with args [1]`. */
export function describeSample({ inputs, args }: Sample): string {
  const parts = inputs.map((input) => {
    if (input === null) return "none";
    const { shape, dtype, range, values } = normalize(input);
    const from = range ? ` in [${range}]` : values ? " given" : "";
    return `${dtype}${formatShape(shape)}${from}`;
  });
  return parts.join(", ") + (args ? ` with ${JSON.stringify(args, printable)}` : "");
}

/** For JSON, which has no NaN or infinities: their names. */
export const printable = (_: string, value: unknown): unknown =>
  Number.isFinite(value) || typeof value !== "number" ? value : `${value}`;

function isShape(input: Shape | SampleTensor): input is Shape {
  return Array.isArray(input);
}

/** The dtype of an input's elements; null for one that is left out. */
export const dtypeOf = (input: SampleInput): DType | null => input && normalize(input).dtype;

/** The first sample of each choice of dtypes and arguments. */
export function distinct(samples: readonly Sample[]): Sample[] {
  const key = ({ inputs, args }: Sample) => `${inputs.map(dtypeOf)} ${args?.map(String)}`;
  return [...new Map([...samples].reverse().map((sample) => [key(sample), sample])).values()].reverse();
}

/** Whether an input is drawn from a range of its own. */
export const hasRange = (input: SampleInput): boolean => input !== null && normalize(input).range !== undefined;

function normalize(input: Shape | SampleTensor): SampleTensor & { dtype: DType } {
  return isShape(input) ? { shape: input, dtype: "f32" } : { dtype: "f32", ...input };
}

function hostTensor({ shape, dtype, range, values }: SampleTensor & { dtype: DType }, rng: Rng): HostTensor {
  const size = sizeOf(shape);
  if (values && values.length !== size) throw new Error(`sample: ${values.length} values for ${formatShape(shape)}`);
  const data = Float64Array.from({ length: size }, (_, i) => {
    const value = values ? values[i] : range ? range[0] + (range[1] - range[0]) * rng.uniform() : typical(dtype, rng);
    return dtype === "f32" ? Math.fround(value) : Math.floor(value);
  });
  return { shape, dtype, data };
}

function typical(dtype: DType, rng: Rng): number {
  if (dtype === "f32") return rng.normal();
  if (dtype === "bool") return rng.int(2);
  return dtype === "u32" ? rng.int(10) : rng.int(19) - 9;
}
