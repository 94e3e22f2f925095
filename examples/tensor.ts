// A first tensor: made, computed with, read back.
import { arange, cat, openDevice, Rng, tensor, zeros } from "zerosiam";

const device = await openDevice();
console.log("computing on", device.adapter.name);

const a = tensor([
  [1, 2],
  [3, 4],
]);
console.log(a.shape, a.dtype); // [ 2, 2 ] f32

const b = a.mul(2).add(1).matmul(a);
console.log(await b.data()); // Float32Array [ 18, 26, 34, 50 ], row by row
console.log(await b.mean().item()); // 32

const counts = tensor(Int32Array.of(3, 1, 2));
const mask = counts.gt(1);
console.log(counts.dtype, mask.dtype, await mask.where(counts, 0).data()); // i32 bool Int32Array [ 3, 0, 2 ]

const row = arange(3); // [3]
const column = tensor([[10], [20]]); // [2, 1]
console.log(await column.add(row).data()); // both stretched to [2, 3]

const image = zeros([1, 3, 8, 8]); // [batch, channels, height, width]
const stack = cat([image, image.add(1)], 0);
console.log(stack.shape, await stack.sum([1, 2, 3]).data()); // [ 2, 3, 8, 8 ] Float32Array [ 0, 192 ]

const noise = tensor(Float32Array.from({ length: 4 }, () => new Rng(0).normal()));
console.log(noise.shape);

try {
  a.matmul(row);
} catch (error) {
  console.log((error as Error).message);
}
