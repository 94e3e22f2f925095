// The computations that are compared: shapes from vision models, and smaller ones for a quick look.
import { Rng, randomNormal } from "../../src/tensor/rng.js";
import { sizeOf } from "../../src/tensor/shape.js";
import type { HostArray, Task } from "./library.js";

const MILLION = 2 ** 20;

/** The full sizes take minutes on software adapters; `quick` ones seconds. */
export function tasks(quick: boolean): Task[] {
  const side = quick ? 1024 : 4096;
  const rows = quick ? 1576 : 12608; // tokens of 8 and 64 images in a vision transformer
  const [images, size] = quick ? [4, 28] : [16, 56];
  const elements = quick ? MILLION : 4 * MILLION;
  const batch = quick ? 8 : 64;
  return [
    { name: "matmul 512×512×512", op: "matmul", inputs: normals([512, 512], [512, 512]) },
    { name: "matmul 64×768×3072", op: "matmul", inputs: normals([64, 768], [768, 3072]) },
    { name: `softmax ${side}×${side}`, op: "softmax", inputs: normals([side, side]) },
    { name: `layerNorm ${rows}×768`, op: "layerNorm", inputs: normals([rows, 768], [768], [768]) },
    {
      name: `conv2d 3×3 ${images}×64×${size}×${size}→64`,
      op: "conv2d",
      inputs: normals([images, 64, size, size], [64, 64, 3, 3]),
    },
    { name: `add ${elements / MILLION}M`, op: "add", inputs: normals([elements], [elements]) },
    { name: `gelu ${elements / MILLION}M`, op: "gelu", inputs: normals([elements]) },
    {
      name: `batchNorm and gradient ${batch}×64×${size}×${size}`,
      op: "batchNormGrad",
      inputs: normals([batch, 64, size, size], [64], [64], [batch, 64, size, size]),
    },
  ];
}

function normals(...shapes: number[][]): HostArray[] {
  const rng = new Rng(0);
  return shapes.map((shape, i) => ({ shape, data: randomNormal(rng.fork(i).key, sizeOf(shape)) }));
}
