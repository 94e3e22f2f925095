// Inputs for timed calls: seeded values of the kind that a sample asks for, repeated to fill large tensors.

import { type Device, type Shape, type Tensor, tensor } from "../src/tensor/index.js";
import type { SampleTensor } from "../src/tensor/op.js";
import { Rng, randomNormal, randomUniform } from "../src/tensor/rng.js";
import { sizeOf } from "../src/tensor/shape.js";

const BLOCK = 65_536; // values drawn: drawing millions takes longer than timing them

/** The tensor that `input` describes. */
export function benchInput(input: Shape | SampleTensor, device: Device): Tensor {
  const spec = sampleTensor(input);
  const { shape, dtype = "f32" } = spec;
  return tensor(benchValues(spec), shape, { device, dtype });
}

/** Values for `spec`, others for each seed. */
export function benchValues(spec: SampleTensor, seed = 0): Float32Array<ArrayBuffer> {
  const block = blockFor(spec, seed);
  const data = new Float32Array(sizeOf(spec.shape));
  for (let at = 0; at < data.length; at += block.length) data.set(block.subarray(0, data.length - at), at);
  return data;
}

/** A bare shape in the long form. */
export function sampleTensor(input: Shape | SampleTensor): SampleTensor {
  return isShape(input) ? { shape: input } : input;
}

function isShape(input: Shape | SampleTensor): input is Shape {
  return Array.isArray(input);
}

/** At most BLOCK values: given ones, uniform in the range, or normals; coins for bool and small integers otherwise. */
function blockFor({ shape, dtype = "f32", range, values }: SampleTensor, seed: number): Float32Array {
  const { key } = new Rng(seed);
  const size = Math.min(BLOCK, sizeOf(shape));
  if (values) return Float32Array.from(values);
  if (dtype === "f32" && !range) return randomNormal(key, size);
  const [lo, hi] = range ?? [0, dtype === "bool" ? 2 : 10];
  const uniform = randomUniform(key, size).map((u) => lo + u * (hi - lo));
  return dtype === "f32" ? uniform : uniform.map(Math.floor);
}
