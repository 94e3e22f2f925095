// What an operation is: one declaration, from which methods, tests, benchmarks, tables and reference pages are generated.
import type { Caps } from "./device/caps.js";
import type { KernelSource } from "./device/pipelines.js";
import type { DType } from "./dtype.js";
import type { Shape } from "./shape.js";
import type { Tensor } from "./tensor.js";

export type { Caps };

/** Shape and dtype: all that shape rules and kernel generators see of a tensor. */
export interface TensorInfo {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A tensor on the host, in float64, for references. Bool is 0 or 1. */
export interface HostTensor extends TensorInfo {
  readonly data: Float64Array;
}

/** A buffer that a kernel binds: the op's k-th input or output, or its k-th scratch buffer. */
export interface Operand {
  readonly role: "input" | "output" | "scratch";
  readonly index: number;
}

/** One kernel launch: plain data, made without a device. */
export interface Dispatch {
  readonly source: KernelSource;
  readonly operands: readonly Operand[];
  /** Packed uniforms, at most 256 bytes. */
  readonly uniforms: Uint8Array;
  /** Workgroup counts, each at most 65,535. */
  readonly groups: readonly [number, number, number];
}

/** The launches of one call, in order, and the byte sizes of the scratch buffers that pass between them. */
export interface Plan {
  readonly dispatches: readonly Dispatch[];
  readonly scratch?: readonly number[];
}

/** An absent optional input is null. */
export type Inputs<T> = readonly (T | null)[];

/** What a kernel generator sees. */
export interface KernelContext<P> {
  readonly inputs: Inputs<TensorInfo>;
  readonly outputs: readonly TensorInfo[];
  readonly params: P;
  readonly caps: Caps;
}

/** What a derivative sees beside the gradient of the first output and the tensors that the op saves, by name. */
export interface VjpContext<P> {
  readonly params: P;
  /** Shape of each input by name; absent ones are missing. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Which inputs want a gradient: an expensive one that nobody wants is not computed. */
  readonly needs: Readonly<Record<string, boolean>>;
  /** Whether the gradients will be differentiated in turn: then they must come from ops that have derivatives. */
  readonly createGraph: boolean;
}

/** How far a kernel may be from its float64 reference: |got − want| ≤ abs + ulp units in the last place of want. */
export interface Tolerance {
  readonly ulp: number;
  readonly abs: number;
}

/** A test input: a shape filled with seeded normals, or one with a range, a dtype or given values. */
export type SampleInput = Shape | null | SampleTensor;
/** A test input with a dtype, a range or values of its own. */
export interface SampleTensor {
  readonly shape: Shape;
  readonly dtype?: DType;
  /** Uniform in [lo, hi) instead of standard normal. */
  readonly range?: readonly [number, number];
  readonly values?: readonly number[];
}

/** One call that the generated tests make. */
export interface Sample {
  readonly inputs: readonly SampleInput[];
  readonly args?: readonly unknown[];
  /** Gradients of Σ g·y by input where differences cannot tell them, at kinks and among ties: those that PyTorch gives. */
  readonly slopes?: readonly (readonly number[] | null)[];
  /** The g of `slopes`, an element for each of y; ones unless given. Infinite ones must not reach what y does not depend on. */
  readonly gradient?: readonly number[];
}

/** A number below `n`, of which 0 is the plainest choice. */
export type Choose = (n: number) => number;

/** One call that must be refused; the message is kept as a snapshot. */
export interface ErrorSample extends Sample {
  readonly throws: "ShapeError" | "DTypeError" | "ConfigError";
}

/** An operation. `P` are its parameters, `A` the arguments that follow the tensors in a call. */
export interface Op<P = unknown, A extends readonly unknown[] = readonly never[]> {
  /** The field's name in camelCase; also the method's on Tensor. */
  readonly name: string;
  /** One line for the reference page: what it computes. */
  readonly doc: string;
  /** Input names; `bias?` may be absent; a sole `...xs` takes a list. */
  readonly inputs: readonly string[];
  /** Output names, `["y"]` unless given. Only the first carries a gradient; the others are statistics or indices. */
  readonly outputs?: readonly string[];
  /** Names of all options that an object among the arguments may have; calls with others are refused. None unless given. */
  readonly options?: readonly string[];
  /** Parameters from the arguments of the call; throws typed errors. Without it the op takes none. */
  params?(inputs: Inputs<TensorInfo>, ...args: A): P;
  /** The shape rule: outputs of these inputs. Throws ShapeError and DTypeError. */
  infer(inputs: Inputs<TensorInfo>, params: P): readonly TensorInfo[];
  /** The launches; absent for views, which share their input's storage. Pure: no device. */
  kernels?(context: KernelContext<P>): Plan;
  /** Float64 reference in plain loops, one array per output. */
  reference(inputs: Inputs<HostTensor>, params: P): readonly Float64Array[];
  /** Names of the inputs and outputs that `vjp` reads; an output must not be called as an input is. */
  readonly saves?: readonly string[];
  /** Gradients by input from the gradient `g` of the first output, in ops; null where there is none. Broadcasting is undone by the caller. */
  vjp?(g: Tensor, saved: Readonly<Record<string, Tensor>>, context: VjpContext<P>): readonly (Tensor | null)[];
  /** Names of f32 inputs that the derivative takes as constants, such as given statistics: `vjp` gives null for them. */
  readonly constants?: readonly string[];
  /** Names of inputs that also meet zeros which the reference leaves out, as of padding: 0 · ∞ and 0 · NaN are NaN, in more places. */
  readonly meetsZeros?: readonly string[];
  /** Why there is no `vjp` though f32 becomes f32. */
  readonly noDerivative?: string;
  /** The node stands in the graph and backward does not go past it. */
  readonly stops?: boolean;
  /** How far the kernel may be from the reference, from WGSL's accuracy table and the length of the sums: `exact`, `ulp(n)` or a rule. */
  tolerance(inputs: Inputs<TensorInfo>, params: P): Tolerance;
  /**
   * Given where each result depends on one element of each input: the interval of values, for each f32 input, in which
   * the tolerance holds. Any values in it may be tried, in vectors of any length.
   */
  readonly domain?: Readonly<Record<string, readonly [lo: number, hi: number]>>;
  readonly samples: readonly Sample[];
  /**
   * A call whose first input has the shape and dtype of `x`, for tests that make programs up: what may stand beside it, and
   * arguments that fit. Null where `x` does not fit; without it programs use the samples. It must be accepted by `infer`.
   */
  draw?(x: TensorInfo, choose: Choose): Sample | null;
  readonly errors?: readonly ErrorSample[];
  /**
   * The call that microbenchmarks time at `size` (a side length, 16 or more). Default: the first sample, with `size` for
   * each dimension of its matrices and vectors; where it has vectors alone they become `[size, size]`.
   */
  bench?(size: number): Sample;
  /** Arithmetic operations and bytes moved by a call, for benchmarks; bytes default to reading inputs and writing outputs once. */
  cost?(inputs: Inputs<TensorInfo>, params: P): { readonly flops?: number; readonly bytes?: number };
}

/** An op whose parameters are its own business: what generic code handles. */
export type AnyOp = Op<unknown, readonly unknown[]>;

/** Declares an op; checks types, changes nothing. */
export function defineOp<P, A extends readonly unknown[]>(op: Op<P, A>): Op<P, A> {
  return op;
}

/** Equal to the reference rounded to f32, bit for bit. */
export const exact = (): Tolerance => ({ ulp: 0, abs: 0 });

/** Within `n` units in the last place (WGSL's accuracy table), or `abs` near zero. */
export const ulp =
  (n: number, abs = 0) =>
  (): Tolerance => ({ ulp: n, abs });
