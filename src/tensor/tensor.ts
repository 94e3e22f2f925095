// The tensor: a handle to device memory with a shape, a dtype and its place in the autograd graph.

import { checkFlag } from "./arguments.js";
import type { GradNode } from "./autograd/graph.js";
import type { Device } from "./device/device.js";
import { BYTES, type DType, type TypedArray, typedView } from "./dtype.js";
import { DeviceError, DisposedError, DTypeError, GradError, ShapeError } from "./errors.js";
import type { TensorInfo } from "./op.js";
import { adopt, disown } from "./scope.js";
import { formatShape, frozen, type Shape, sameShape, sizeOf } from "./shape.js";
import type { Storage } from "./storage.js";

let liveTensors = 0;

/** Handles not yet disposed; `memory()` reports it. */
export function liveTensorCount(): number {
  return liveTensors;
}

/**
 * A row-major n-dimensional array on a device. Immutable but for `assign`. Operations are methods, installed from
 * their declarations in `src/kernels`; they only encode work, and `data()` or `item()` wait for it.
 */
export class Tensor implements TensorInfo {
  /** Frozen: tensors of the same call share it, and so do cached plans and the graph. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** Gradient accumulated by `backward()`, on leaves that want one. */
  grad: Tensor | null = null;
  #storage: Storage | null;
  #node: GradNode | null;
  #requiresGrad: boolean;

  /** For the engine: users create tensors with `tensor()`, `zeros()` and the like. Takes over one reference to `storage`. */
  constructor(
    storage: Storage,
    shape: Shape,
    dtype: DType,
    node: GradNode | null = null,
    requiresGrad = node !== null,
  ) {
    this.#storage = storage;
    this.shape = frozen(shape);
    this.dtype = dtype;
    this.#node = node?.retain() ?? null;
    this.#requiresGrad = requiresGrad;
    liveTensors++;
    adopt(this);
  }

  /** The memory. Throws DisposedError after `dispose()` or the end of the tensor's scope. */
  get storage(): Storage {
    if (!this.#storage) {
      throw new DisposedError(
        `tensor ${this} was disposed`,
        "what must outlive its scope is returned from it or kept by keep(); so is what a step gave, which lives until the next",
      );
    }
    return this.#storage;
  }

  /** The device that holds it. Throws DisposedError. */
  get device(): Device {
    return this.storage.device;
  }

  /** Whether its memory has been given up. */
  get disposed(): boolean {
    return this.#storage === null;
  }

  /** The graph node that made this tensor; null for leaves and constants. */
  get node(): GradNode | null {
    return this.#node;
  }

  /** Whether operations on this tensor are recorded for backward. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  /** Marks a leaf as wanting a gradient, or not. Throws DTypeError unless f32, GradError on the result of an operation, ConfigError unless `value` is a boolean. */
  setRequiresGrad(value: boolean): this {
    checkFlag("setRequiresGrad", "value", value);
    if (value !== this.#requiresGrad) this.#checkLeaf("setRequiresGrad");
    if (value && this.dtype !== "f32") {
      throw new DTypeError(
        `requiresGrad: ${this} is not differentiable`,
        "only f32 tensors have gradients: cast first",
      );
    }
    this.#requiresGrad = value;
    return this;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** All elements, row-major, once everything before has run. Bool reads as 0 and 1. */
  async data(): Promise<TypedArray> {
    const { device, buffer } = this.storage;
    if (this.size === 0) return typedView(this.dtype, new ArrayBuffer(0));
    return typedView(this.dtype, await device.read(buffer, this.size * BYTES));
  }

  /** The value of a tensor of one element. Throws ShapeError on any other. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError(`item: ${this} has ${this.size} elements, not 1`, "reduce it, or use data()");
    return (await this.data())[0];
  }

  /**
   * Replaces the contents with those of `source`, sharing its memory: how optimisers update parameters. What a graph has
   * saved stays as it was. Throws ShapeError, DTypeError, DeviceError, and GradError on the result of an operation.
   */
  assign(source: Tensor): this {
    this.#checkLeaf("assign");
    if (!sameShape(source.shape, this.shape)) {
      throw new ShapeError(`assign: ${source} does not fit ${this}`, "the shapes must be equal");
    }
    if (source.dtype !== this.dtype) throw new DTypeError(`assign: ${source} does not fit ${this}`, "cast it first");
    if (source.device !== this.device) {
      throw new DeviceError(
        `assign: ${source} is on another device`,
        "read it with data() and create it anew on this one",
      );
    }
    const next = source.storage.retain();
    this.storage.release();
    this.#storage = next;
    return this;
  }

  /** Backward knows a result by the operation that made it, whatever is done to it later. */
  #checkLeaf(what: string): void {
    if (this.#node) throw new GradError(`${what}: ${this} is the result of an operation`, "detach() it first");
  }

  /** The same values as a constant, sharing memory: no node, so `describeGraph` does not show it (see `stopGradient`). */
  detach(): Tensor {
    return new Tensor(this.storage.retain(), this.shape, this.dtype);
  }

  /** Frees the handle now; its memory follows once no view and no graph needs it. Twice does nothing. */
  dispose(): void {
    if (!this.#storage) return;
    this.#storage.release();
    this.#storage = null;
    this.#node?.release();
    this.#node = null;
    this.grad?.dispose();
    this.grad = null;
    liveTensors--;
    disown(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** `f32[2, 3]`. */
  toString(): string {
    return `${this.dtype}${formatShape(this.shape)}`;
  }
}
