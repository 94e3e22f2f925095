// Cutting images into patches and putting them together in another order: what DeYO does to an object's shape.

import { formatValue } from "../tensor/arguments.js";
import { checkTensor } from "../tensor/checkTensor.js";
import { arange, ConfigError, formatShape, ShapeError, type Tensor, tensor } from "../tensor/index.js";
import { resize } from "./resize.js";

/**
 * Images `[B, channels, H, W]` cut into a grid of `side` × `side` patches; patch j of the result is patch
 * `permutation[b, j]` of image b, row by row (i32 `[B, side²]`). Images that the grid does not divide are made smaller
 * before and as large again after it, as by DeYO's authors, but height and width each by itself: theirs makes every image
 * square. Throws ShapeError for images smaller than the grid.
 */
export function shufflePatches(images: Tensor, side: number, permutation: Tensor): Tensor {
  checkGrid(images, side);
  checkTensor("shufflePatches", "permutation", permutation);
  const [height, width] = images.shape.slice(2);
  const [h, w] = [height - (height % side), width - (width % side)];
  return resize(shuffle(resize(images, h, w), side, permutation), height, width);
}

/** Of images of which `side` divides height and width. */
function shuffle(images: Tensor, side: number, permutation: Tensor): Tensor {
  const [batch, channels, height, width] = images.shape;
  const [h, w] = [height / side, width / side];
  const cells = side * side;
  const patches = images
    .reshape([batch, channels, side, h, side, w])
    .permute([0, 2, 4, 1, 3, 5])
    .reshape([batch * cells, channels * h * w]);
  const first = tensor(
    Int32Array.from({ length: batch }, (_, b) => b * cells),
    [batch, 1],
    { device: images.device },
  );
  return patches
    .indexSelect(permutation.add(first).reshape([batch * cells]))
    .reshape([batch, side, side, channels, h, w])
    .permute([0, 3, 1, 4, 2, 5])
    .reshape(images.shape);
}

/** Throws ShapeError for images smaller than a grid of `side` × `side` patches. To be asked before a shuffle of so many is drawn. */
export function checkGrid({ shape }: Tensor, side: number): void {
  if (side <= Math.min(shape[2], shape[3])) return;
  throw new ShapeError(
    `shufflePatches: images ${formatShape(shape)} have no ${side} × ${side} patches`,
    "choose fewer patches",
  );
}

/**
 * `rows` permutations of 0 … n − 1 (i32 `[rows, n]`) from a key, u32[2]: the ranks of as many random numbers, compared in
 * pairs. Throws OutOfMemoryError where `rows` n² of these are too many.
 */
export function randomPermutations(key: Tensor, rows: number, n: number): Tensor {
  const numbers = key.randomUniform([rows, n]);
  const [own, other] = [numbers.reshape([rows, n, 1]), numbers.reshape([rows, 1, n])];
  const places = arange(n, { dtype: "i32", device: key.device });
  const earlier = places.lt(places.reshape([n, 1]));
  const before = other.lt(own).logicalOr(other.eq(own).logicalAnd(earlier)); // equal numbers: the first one first
  return before.cast("f32").sum(-1).cast("i32");
}

/** A permutation compares every patch with every other: side⁴ numbers an image. */
const MAX_SIDE = 64;

/** Throws ConfigError unless `side` is an integer from 1 to 64. */
export function checkSide(owner: string, side: number): void {
  if (Number.isSafeInteger(side) && side >= 1 && side <= MAX_SIDE) return;
  const help = `use an integer from 1 to ${MAX_SIDE}: the patches along each side of an image`;
  throw new ConfigError(`${owner}: patches is ${formatValue(side)}`, help);
}
