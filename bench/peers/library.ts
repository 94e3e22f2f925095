// What the comparison asks of each library, ours included: a task prepared once, then computed again and again.

/** A row-major float32 array on the host; images are `[B, C, H, W]`. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * Computations by what goes in: matmul of two matrices; softmax and gelu (exact) of x; add of two; layerNorm of x,
 * weight and bias over rows; conv2d of x and weight, 3 × 3, padding 1; batchNormGrad of x, weight, bias and the
 * result's gradient: forward with the batch's statistics, then backward, giving the gradient of x.
 */
export type TaskOp = "matmul" | "softmax" | "gelu" | "add" | "layerNorm" | "conv2d" | "batchNormGrad";

export interface Task {
  readonly name: string;
  readonly op: TaskOp;
  readonly inputs: readonly HostArray[];
}

/** A task with its inputs on the device. */
export interface Runner {
  /** Computes the task `times` times and waits until that is done. */
  run(times: number): Promise<void>;
  /** The result of one computation. */
  read(): Promise<ArrayLike<number>>;
  dispose(): void;
}

export interface Library {
  readonly name: string;
  /** Null where the library has no such computation. */
  prepare(task: Task): Promise<Runner | null>;
}

export const EPS = 1e-5;

export function disposeAll(arrays: readonly { dispose(): void }[]): void {
  for (const array of arrays) array.dispose();
}
