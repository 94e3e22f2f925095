// Images made larger or smaller, as torchvision's Resize does: bilinear, with antialiasing.
import { type Device, type Tensor, tensor } from "../tensor/index.js";

/** Images `[B, channels, H, W]` to `[B, channels, height, width]`. */
export function resize(images: Tensor, height: number, width: number): Tensor {
  const wide = resizeRows(images, width);
  return images.shape[2] === height ? wide : resizeRows(wide.permute([0, 1, 3, 2]), height).permute([0, 1, 3, 2]);
}

/** Along the last dimension: a product with a matrix of weights. */
function resizeRows(images: Tensor, size: number): Tensor {
  const before = images.shape[images.rank - 1];
  return before === size ? images : images.linear(weights(before, size, images.device), null);
}

/**
 * Of each of the `before` old pixels in each of the `size` new ones, `[size, before]`: a triangle about the new pixel's
 * centre, a pixel wide to each side, of the coarser grid of the two (the antialiasing); of a sum of 1.
 */
function weights(before: number, size: number, device: Device): Tensor {
  const scale = before / size;
  const reach = Math.max(scale, 1);
  const values = new Float32Array(size * before);
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale;
    const row = Array.from({ length: before }, (_, j) => Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach));
    const sum = row.reduce((a, b) => a + b);
    values.set(
      row.map((weight) => weight / sum),
      i * before,
    );
  }
  return tensor(values, [size, before], { device });
}
