// The computations that are compared: shapes from vision models, and smaller ones for a quick look.
import { benchValues } from "../inputs.js";
import type { HostArray, Task } from "./library.js";

const MILLION = 2 ** 20;

/** The full sizes take minutes on software adapters; `quick` ones seconds. */
export function* tasks(quick: boolean): Generator<Task> {
  const side = quick ? 1024 : 4096;
  const rows = quick ? 1576 : 12608; // tokens of 8 and 64 images in a vision transformer
  const [images, size] = quick ? [4, 28] : [16, 56];
  const elements = quick ? MILLION : 4 * MILLION;
  const batch = quick ? 8 : 64;
  yield { name: "matmul 512×512×512", op: "matmul", inputs: normals([512, 512], [512, 512]) };
  yield { name: "matmul 64×768×3072", op: "matmul", inputs: normals([64, 768], [768, 3072]) };
  yield { name: `softmax ${side}×${side}`, op: "softmax", inputs: normals([side, side]) };
  yield { name: `layerNorm ${rows}×768`, op: "layerNorm", inputs: normals([rows, 768], [768], [768]) };
  yield {
    name: `conv2d 3×3 ${images}×64×${size}×${size}→64`,
    op: "conv2d",
    inputs: normals([images, 64, size, size], [64, 64, 3, 3]),
  };
  yield { name: `add ${elements / MILLION}M`, op: "add", inputs: normals([elements], [elements]) };
  yield { name: `gelu ${elements / MILLION}M`, op: "gelu", inputs: normals([elements]) };
  yield {
    name: `batchNorm and gradient ${batch}×64×${size}×${size}`,
    op: "batchNormGrad",
    inputs: normals([batch, 64, size, size], [64], [64], [batch, 64, size, size]),
  };
}

function normals(...shapes: number[][]): HostArray[] {
  return shapes.map((shape, i) => ({ shape, data: benchValues({ shape }, i) }));
}
