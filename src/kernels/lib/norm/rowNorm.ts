// What layerNorm and rmsNorm share: rows made of the last dimensions, a weight per element of a row.
import { formatValue } from "../../../tensor/arguments.js";
import { ConfigError, DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { Choose, Operand, SampleTensor, TensorInfo } from "../../../tensor/op.js";
import { formatShape, type Shape, sizeOf } from "../../../tensor/shape.js";
import { drawOptional } from "../declare/draw.js";
import type { RowBuffer, Rows } from "../rows/rowKernel.js";

/** What is added to variances. */
export interface RowNormOptions {
  /** How many of the last dimensions to normalise over; default those of the weight, or 1. */
  dims?: number;
  /** Added under the root; default 1e-5. */
  eps?: number;
}

/** Shapes of a row norm: of the normalised dimensions, and of the statistics, one a row. */
export interface RowShapes {
  readonly normalized: Shape;
  readonly statistics: Shape;
  readonly rows: Rows;
}

/** The number of normalised dimensions. Throws ConfigError unless x has that many. */
export function checkDims(op: string, x: TensorInfo, weight: TensorInfo | null, dims: number | undefined): number {
  const count = dims ?? weight?.shape.length ?? 1;
  if (!Number.isInteger(count) || count < 1 || count > x.shape.length) {
    throw new ConfigError(
      `${op}: dims is ${formatValue(count)}, x is ${formatShape(x.shape)}`,
      "it is the number of last dimensions",
    );
  }
  return count;
}

/** The rows of x. Throws DTypeError, and ShapeError where they have no elements. */
export function rowShapes(op: string, { shape, dtype }: TensorInfo, dims: number): RowShapes {
  if (dtype !== "f32") throw new DTypeError(`${op}: x is ${dtype}`, "cast it to f32");
  const normalized = shape.slice(shape.length - dims);
  const statistics = shape.slice(0, shape.length - dims);
  if (sizeOf(normalized) === 0)
    throw new ShapeError(`${op}: rows of x ${formatShape(shape)} are empty`, "nothing to normalise");
  return { normalized, statistics, rows: { outer: sizeOf(statistics), length: sizeOf(normalized), inner: 1 } };
}

/** A choice of last dimensions of x to normalise over. */
export function drawRows({ shape, dtype }: TensorInfo, choose: Choose): Shape | null {
  const rows = shape.slice(-1 - choose(2));
  return dtype === "f32" && shape.length > 0 && sizeOf(rows) > 0 ? rows : null;
}

/** Inputs and arguments of a gradient of a norm over rows of `g`: x, the weight, centers in two parts, 1 / deviation. */
export function drawRowGradient(g: TensorInfo, choose: Choose) {
  const rows = drawRows(g, choose);
  if (!rows) return null;
  const statistics = g.shape.slice(0, g.shape.length - rows.length);
  const rstd: SampleTensor = { shape: statistics, range: [0.5, 2] };
  return { x: g.shape, weight: drawOptional(rows, choose), center: [...statistics, 2], rstd, args: [rows.length] };
}

export const rowOf = (operand: Operand): RowBuffer => ({ kind: "row", type: "f32", operand });
export const eachOf = (operand: Operand, type = "f32"): RowBuffer => ({ kind: "each", type, operand });
export const columnOf = (operand: Operand): RowBuffer => ({ kind: "column", type: "f32", operand });

/** Row `r` of `data`. */
export const hostRow = (data: Float64Array, r: number, length: number): Float64Array =>
  data.subarray(r * length, (r + 1) * length);

/** Mean of f over 0 … n − 1. */
export function meanOf(n: number, f: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += f(i);
  return sum / n;
}
