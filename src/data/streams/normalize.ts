// From image bytes to what a network eats.
import type { Normalization } from "../../nn/models/registry.js";
import { ConfigError, ShapeError } from "../../tensor/errors.js";

/**
 * (x/255 − mean) / std, in float32, channels first.
 * @param bytes [N, H, W, C] as `shape` says
 * @returns [N, C, H, W]
 * Throws ShapeError if the bytes do not fill the shape, ConfigError if a mean or std does not fit.
 */
export function normalize(
  bytes: Uint8Array,
  shape: readonly [n: number, height: number, width: number, channels: number],
  { mean, std }: Normalization,
): Float32Array<ArrayBuffer> {
  const [n, height, width, channels] = shape;
  const area = height * width;
  if (bytes.length !== n * area * channels) {
    throw new ShapeError(
      `normalize: [${shape.join(", ")}] needs ${n * area * channels} bytes, not ${bytes.length}`,
      "give images of the stated size",
    );
  }
  checkNormalization(mean, std, channels);
  const out = new Float32Array(bytes.length);
  for (let c = 0; c < channels; c++) {
    const shift = mean[mean.length === 1 ? 0 : c];
    const scale = std[std.length === 1 ? 0 : c];
    for (let i = 0; i < n * area; i++) {
      const target = (Math.floor(i / area) * channels + c) * area + (i % area);
      out[target] = (bytes[i * channels + c] / 255 - shift) / scale;
    }
  }
  return out;
}

function checkNormalization(mean: readonly number[], std: readonly number[], channels: number): void {
  for (const [name, values] of Object.entries({ mean, std })) {
    const fits = values.length === 1 || values.length === channels;
    if (fits && values.every((v) => Number.isFinite(v) && (name === "mean" || v > 0))) continue;
    throw new ConfigError(
      `normalize: ${name} [${values.join(", ")}] does not fit ${channels} channel${channels === 1 ? "" : "s"}`,
      "give one finite number, or one per channel; std must be > 0",
    );
  }
  if (mean.every((v) => v <= 1)) return;
  throw new ConfigError(
    `normalize: mean [${mean.join(", ")}] is beyond images from 0 to 1`,
    "divide mean and std by 255: they are those of x/255",
  );
}
