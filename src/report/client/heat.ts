// Heat strips: one canvas pixel for each column and class, enlarged by CSS without smoothing.
import type { HeatSpec } from "../payload.js";
import { byId, cssValue, rgb } from "./page.js";

/** Shares are stretched by this root, so that a share of a tenth is seen beside a share of one. */
const GAMMA = 0.7;

/** Draws (or redraws) the strip into the canvas `spec.id`, and tells the value under the pointer in `spec.id-at`. */
export function drawHeat(spec: HeatSpec): void {
  const canvas = byId(spec.id) as HTMLCanvasElement;
  canvas.width = spec.share.length;
  canvas.height = spec.rows.length;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  const ramp = [0, 1, 2, 3].map((i) => rgb(cssValue(`--heat-${i}`)));
  spec.share.forEach((column, x) => {
    column.forEach((share, y) => {
      image.data.set([...rampColor(ramp, share), 255], (y * canvas.width + x) * 4);
    });
  });
  context.putImageData(image, 0, 0);
  canvas.onpointermove = (event) => tell(spec, canvas, event);
  canvas.onpointerleave = () => {
    byId(`${spec.id}-at`).textContent = "";
  };
}

function rampColor(ramp: [number, number, number][], share: number): number[] {
  const t = Math.min(1, Math.max(0, share)) ** GAMMA * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(t));
  return ramp[i].map((from, c) => Math.round(from + (t - i) * (ramp[i + 1][c] - from)));
}

function tell(spec: HeatSpec, canvas: HTMLCanvasElement, event: PointerEvent): void {
  const box = canvas.getBoundingClientRect();
  const column = Math.floor(((event.clientX - box.left) / box.width) * spec.share.length);
  const row = Math.floor(((event.clientY - box.top) / box.height) * spec.rows.length);
  const share = spec.share[column]?.[row];
  if (share === undefined) return;
  const text = `image ${spec.x[column]}: class ${spec.rows[row]} has ${(share * 100).toFixed(0)} %`;
  byId(`${spec.id}-at`).textContent = text;
}
