// The preset of random ops: element i of the stream of a key, with the generator of tensor/rng.ts.
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import {
  defineOp,
  type HostTensor,
  type Op,
  type SampleTensor,
  type TensorInfo,
  type Tolerance,
} from "../../../tensor/op.js";
import { THREEFRY_WGSL, type Words } from "../../../tensor/rng.js";
import { checkShape, formatShape, type Shape, sizeOf } from "../../../tensor/shape.js";
import { of } from "../declare/sample.js";
import { gridGroups, gridLoop } from "../text/grid.js";
import { input, kernel, output, read, u32, write } from "../text/kernel.js";

export interface RandomOp {
  readonly name: string;
  readonly doc: string;
  /** Element `i` of the stream of `key`, and the WGSL functions that it calls beside the generator's. */
  readonly wgsl: string;
  readonly functions?: string;
  /** The first n numbers of the stream, on the host. */
  numbers(key: Words, n: number): Float32Array;
  tolerance(): Tolerance;
}

const KEY: SampleTensor = { shape: [2], dtype: "u32", values: [0x13198a2e, 0x03707344] };

export function randomOp({
  name,
  doc,
  wgsl,
  functions = "",
  numbers,
  tolerance,
}: RandomOp): Op<{ shape: Shape }, [shape: Shape]> {
  return defineOp({
    name,
    doc,
    inputs: ["key"],
    params(_, shape: Shape) {
      checkShape(name, shape);
      return { shape };
    },
    infer([key], { shape }) {
      const { dtype, shape: words } = key as TensorInfo;
      if (dtype !== "u32") throw new DTypeError(`${name}: the key is ${dtype}`, "make it of a Uint32Array");
      if (words.length !== 1 || words[0] !== 2) {
        throw new ShapeError(`${name}: the key is ${formatShape(words)}`, "it must be [2]: the two words of Rng.key");
      }
      return [{ shape, dtype: "f32" }];
    },
    kernels({ params: { shape }, caps }) {
      const size = sizeOf(shape);
      const dispatch = kernel({
        label: name,
        about: "element i of the Threefry stream of a key",
        uniforms: { size: u32(size) },
        bindings: { key_in: read("u32", input(0)), out: write("f32", output(0)) },
        code: `${THREEFRY_WGSL}${functions}
${gridLoop(["let key = vec2u(key_in[0], key_in[1]);", `out[i] = ${wgsl};`])}`,
        groups: gridGroups(size, caps),
      });
      return { dispatches: [dispatch] };
    },
    reference([key], { shape }) {
      const [a, b] = (key as HostTensor).data;
      return [Float64Array.from(numbers([a, b], sizeOf(shape)))];
    },
    tolerance,
    samples: [
      { ...of(KEY), args: [[2, 65]] },
      { ...of({ ...KEY, values: [0, 0] }), args: [[1001]] },
      { ...of({ ...KEY, values: [4294967295, 4294967295] }), args: [[]] },
      { ...of(KEY), args: [[0, 3]] },
    ],
    errors: [
      { ...of([2]), args: [[3]], throws: "DTypeError" },
      { ...of({ shape: [3], dtype: "u32" }), args: [[3]], throws: "ShapeError" },
      { ...of(KEY), args: [[-1]], throws: "ShapeError" },
    ],
    bench: (size) => ({ ...of(KEY), args: [[size, size]] }),
  });
}
