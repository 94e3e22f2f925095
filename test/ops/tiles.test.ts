// Every tile of a product, in every size and number of parts: which of them an adapter uses is a question of speed only.
import { afterAll, beforeAll, expect, it } from "vitest";
import { matmul } from "../../src/kernels/index.js";
import { matrixProduct } from "../../src/kernels/lib/product/matrix.js";
import { inParts } from "../../src/kernels/lib/product/product.js";
import { registerTile } from "../../src/kernels/lib/product/registerTile.js";
import { sharedTile } from "../../src/kernels/lib/product/sharedTile.js";
import { splitTile } from "../../src/kernels/lib/product/splitTile.js";
import { subgroupTile } from "../../src/kernels/lib/product/subgroupTile.js";
import type { Grid, Product } from "../../src/kernels/lib/product/tile.js";
import { input, output } from "../../src/kernels/lib/text/kernel.js";
import { DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { Device } from "../../src/tensor/device/device.js";
import type { Dispatch, HostTensor } from "../../src/tensor/op.js";
import { Rng } from "../../src/tensor/rng.js";
import { mismatch } from "./lib/compare.js";
import { launch } from "./lib/launch.js";
import { hostNormals } from "./lib/samples.js";

let device: Device;
beforeAll(async () => {
  device = await Device.open();
});
afterAll(() => device.destroy());

type Tile = (p: Product, grid: Grid) => Dispatch;
const bySubgroup: Tile = (p, grid) => subgroupTile(p, grid, device.caps.subgroupSize);

const TILES: [name: string, tile: Tile, grids: (size: number) => [rows: number, columns: number][]][] = [
  ["subgroup", bySubgroup, (size) => [8, 16].flatMap((rows) => [4, 8].map((fours) => [rows, fours * size]))],
  ["register", registerTile, () => [[8, 4]]],
  [
    "shared",
    sharedTile,
    () => [
      [16, 64],
      [32, 64],
      [64, 64],
      [128, 128],
    ],
  ],
  ["split", splitTile, () => [[4, 4]]],
];

it.each(TILES)(
  "the %s tile multiplies in every grid, whole and in parts",
  async (_, tile, gridsOf) => {
    const size = device.caps.subgroupSize;
    const caps = tile === bySubgroup ? device.caps : DEFAULT_CAPS;
    if (tile === bySubgroup && size === 0) return; // an adapter without subgroups never gets here
    // Sizes that no tile divides, but k in fours, which Bᵀ is read by; more than one tile of the largest.
    const [m, n, k] = [131, 137, 36];
    const rng = new Rng(7);
    for (const transposed of [false, true]) {
      const a: HostTensor = { shape: [m, k], dtype: "f32", data: hostNormals([m, k], rng) };
      const b: HostTensor = { shape: transposed ? [n, k] : [k, n], dtype: "f32", data: hostNormals([n, k], rng) };
      const params = { transposeA: false, transposeB: transposed };
      const p = matrixProduct(
        {
          label: "test",
          about: "C = A·B",
          a: { operand: input(0), batch: [], transposed: false },
          b: { operand: input(1), batch: [], transposed },
          out: output(0),
          batch: [],
          m,
          n,
          k,
        },
        caps,
      );
      const info = { shape: [m, n], dtype: "f32" } as const;
      for (const [rows, columns] of gridsOf(size)) {
        for (const parts of [1, 2, 3, 20]) {
          const plan = inParts(p, { rows, columns, parts }, tile);
          const [got] = await launch(plan, [a, b], [info], device);
          const differences = mismatch(
            got,
            matmul.reference([a, b], params)[0],
            info,
            matmul.tolerance([a, b], params),
          );
          expect(differences, `${rows} × ${columns}, ${parts} parts, ${transposed ? "A·Bᵀ" : "A·B"}`).toBe("");
        }
      }
    }
  },
  120_000,
);
