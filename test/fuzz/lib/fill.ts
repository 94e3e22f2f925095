// The tensors that a program starts from: their values, and the code that makes the same ones.
import { type DType, Rng, type Shape, sizeOf } from "../../../src/tensor/index.js";

/** How a tensor is filled: with given values, uniformly in [lo, hi), or as is typical of its dtype. */
export interface Filling {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly range?: readonly [number, number];
  readonly values?: readonly number[];
  readonly seed: number;
}

const LITERAL = 64; // elements up to which values are printed
const ARRAYS = { f32: "Float32Array", i32: "Int32Array", u32: "Uint32Array", bool: "Uint32Array" };

/** The values as the dtype holds them. */
export function fill(filling: Filling): Float64Array {
  return Float64Array.from(decimals(filling), filling.dtype === "f32" ? Math.fround : undefined);
}

/** TypeScript that makes the tensor. */
export function fillingCode(filling: Filling, requiresGrad: boolean): string {
  const { shape, dtype, range } = filling;
  const options = [...(dtype === "f32" ? [] : [`dtype: "${dtype}"`]), ...(requiresGrad ? ["requiresGrad: true"] : [])];
  const rest = `[${shape.join(", ")}]${options.length > 0 ? `, { ${options.join(", ")} }` : ""}`;
  const size = sizeOf(shape);
  if (size <= LITERAL) return `tensor([${decimals(filling).map(literal).join(", ")}], ${rest})`;
  const [lo, hi] = range ?? rangeOf(dtype);
  const value =
    dtype !== "f32"
      ? `${lo} + rng.int(${hi - lo})`
      : `Math.round(1000 * ${range ? `(${lo} + ${hi - lo} * rng.uniform())` : "rng.normal()"}) / 1000`;
  return `tensor(((rng) => ${ARRAYS[dtype]}.from({ length: ${size} }, () => ${value}))(new Rng(${filling.seed})), ${rest})`;
}

/** Three decimals: short to print, and exact once rounded to f32. */
function decimals({ shape, dtype, range, values, seed }: Filling): number[] {
  if (values) return [...values];
  const rng = new Rng(seed);
  const [lo, hi] = range ?? rangeOf(dtype);
  return Array.from({ length: sizeOf(shape) }, () => {
    if (dtype !== "f32") return lo + rng.int(hi - lo);
    return Math.round(1000 * (range ? lo + (hi - lo) * rng.uniform() : rng.normal())) / 1000;
  });
}

/** Of integers without a range. */
const rangeOf = (dtype: DType): readonly [number, number] =>
  dtype === "bool" ? [0, 2] : dtype === "u32" ? [0, 10] : [-9, 10];

const literal = (v: number): string => (Object.is(v, -0) ? "-0" : String(v));
