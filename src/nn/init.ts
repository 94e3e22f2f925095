// Initial weights: Kaiming and Xavier, as PyTorch defines them.
import { checkNumber, formatValue } from "../tensor/arguments.js";
import {
  ConfigError,
  currentDevice,
  Rng,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
  tensor,
} from "../tensor/index.js";
import { checkName } from "../tensor/options.js";
import { checkShape } from "../tensor/shape.js";
import { checkFits } from "../tensor/storage.js";

let defaultRng = new Rng(0);

/** Seeds the generator that layers draw from when they are given none. */
export function manualSeed(seed: number): void {
  defaultRng = new Rng(seed);
}

/** The generator that draws initial weights: `manualSeed` sets it. */
export function currentRng(): Rng {
  return defaultRng;
}

/** Inputs and outputs of one unit: dimension 1 and 0, times the kernel's size. Throws ShapeError below rank 2. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  checkShape("init", shape);
  if (shape.length < 2)
    throw new ShapeError(`init: a tensor of rank ${shape.length} has no fan`, "weights have at least two dimensions");
  const receptive = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * receptive, fanOut: shape[0] * receptive };
}

/** Throws ShapeError, ConfigError and OutOfMemoryError for what no weights can be drawn of. */
function checkDraw(shape: Shape, spread: number, rng: Rng): void {
  checkShape("init", shape);
  checkNumber("init", "the bound or deviation", spread, 0);
  if (!(rng instanceof Rng)) throw new ConfigError(`init: rng is ${formatValue(rng)}`, "pass new Rng(seed)");
  checkFits(currentDevice(), shape, "init");
}

/** Uniform in [−bound, bound). */
export function uniform(shape: Shape, bound: number, rng: Rng = defaultRng): Tensor {
  checkDraw(shape, bound, rng);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => (2 * rng.uniform() - 1) * bound),
    shape,
  );
}

/** Normal with mean 0 and standard deviation `std`. */
export function normal(shape: Shape, std: number, rng: Rng = defaultRng): Tensor {
  checkDraw(shape, std, rng);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal() * std),
    shape,
  );
}

/** He et al. 2015, for ReLU with negative slope `a`: U(±√(6 / ((1 + a²) fan_in))). PyTorch's layers use a = √5. */
export function kaimingUniform(shape: Shape, a = Math.sqrt(5), rng: Rng = defaultRng): Tensor {
  checkNumber("kaimingUniform", "a", a);
  return uniform(shape, Math.sqrt(6 / ((1 + a * a) * fans(shape).fanIn)), rng);
}

/** He et al. 2015: N(0, 2 / fan) with `fan_out`, as ResNets use, or `fan_in`. */
export function kaimingNormal(shape: Shape, mode: "fanIn" | "fanOut" = "fanIn", rng: Rng = defaultRng): Tensor {
  const fan = fans(shape);
  checkName("kaimingNormal: mode", mode, fan);
  return normal(shape, Math.sqrt(2 / fan[mode]), rng);
}

/** Glorot & Bengio 2010: U(±√(6 / (fan_in + fan_out))). */
export function xavierUniform(shape: Shape, rng: Rng = defaultRng): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return uniform(shape, Math.sqrt(6 / (fanIn + fanOut)), rng);
}

/** Glorot & Bengio 2010: N(0, 2 / (fan_in + fan_out)). */
export function xavierNormal(shape: Shape, rng: Rng = defaultRng): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return normal(shape, Math.sqrt(2 / (fanIn + fanOut)), rng);
}
