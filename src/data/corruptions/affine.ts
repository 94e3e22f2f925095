// The geometric corruptions: shear, scale, rotate and translate, each a resampling from where a pixel came from.
import type { Rng } from "../../tensor/rng.js";
import type { Corruption } from "./corruption.js";
import { exactSinCos } from "./exactMath.js";
import { CENTRE, mapPixels, sample } from "./grid.js";

/** Resamples: the pixel at (x, y), counted from the centre, shows what was at `source(x, y)`. */
function warp(image: Uint8Array, source: (x: number, y: number) => [number, number]): Uint8Array {
  return mapPixels(image, (_, x, y) => {
    const [sx, sy] = source(x - CENTRE, y - CENTRE);
    return sample(image, sx + CENTRE, sy + CENTRE);
  });
}

function sign(rng: Rng): number {
  return rng.int(2) === 0 ? 1 : -1;
}

export const shear: Corruption<"slope"> = {
  doc: "Slants to the left or the right: each row moves by `slope` times its height above the middle.",
  severities: [{ slope: 0.5 }, { slope: 0.7 }, { slope: 0.85 }, { slope: 1 }, { slope: 1.14 }],
  apply(image, { slope }, rng) {
    const slant = slope * sign(rng);
    return warp(image, (x, y) => [x + slant * y, y]);
  },
};

export const scale: Corruption<"factor"> = {
  doc: "Shrinks to `factor` of the size.",
  severities: [{ factor: 0.75 }, { factor: 0.67 }, { factor: 0.61 }, { factor: 0.56 }, { factor: 0.5 }],
  apply: (image, { factor }) => warp(image, (x, y) => [x / factor, y / factor]),
};

export const rotate: Corruption<"degrees"> = {
  doc: "Turns by `degrees` to the left or the right.",
  severities: [{ degrees: 18 }, { degrees: 25 }, { degrees: 30 }, { degrees: 35 }, { degrees: 39 }],
  apply(image, { degrees }, rng) {
    const [sin, cos] = exactSinCos((sign(rng) * degrees * Math.PI) / 180);
    return warp(image, (x, y) => [cos * x + sin * y, cos * y - sin * x]);
  },
};

export const translate: Corruption<"pixels"> = {
  doc: "Moves by `pixels` in a random direction; what leaves the frame is lost.",
  severities: [{ pixels: 5 }, { pixels: 7.5 }, { pixels: 9.3 }, { pixels: 10.5 }, { pixels: 11.7 }],
  apply(image, { pixels }, rng) {
    const [sin, cos] = exactSinCos(2 * Math.PI * rng.uniform());
    return warp(image, (x, y) => [x - pixels * cos, y - pixels * sin]);
  },
};
