// Kernels without tensors: every operation's declaration, for generated tests, benchmarks and tables.
import type { AnyOp } from "../tensor/op.js";
import * as all from "./all.js";

export * from "./all.js";

/** Every operation. */
export const OPS: readonly AnyOp[] = Object.values(all);
