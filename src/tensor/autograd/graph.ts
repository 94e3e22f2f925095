// The autograd graph: nodes numbered in execution order, edges to what made their inputs, and the memory they hold.
import type { DType } from "../dtype.js";
import type { AnyOp } from "../op.js";
import type { Shape } from "../shape.js";
import type { Storage } from "../storage.js";
import type { Tensor } from "../tensor.js";

/** Where an input came from: the node that made it, or a leaf that wants a gradient. Constants have no edge. */
export type Edge = GradNode | Tensor;

/** An input or output that the derivative reads: memory held until the node is freed. */
export interface Saved {
  readonly name: string;
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Its place in the graph, for gradients of gradients: a node, a leaf, nothing, or this node's own output. */
  readonly edge: Edge | "self" | null;
}

/** What a node is made of. */
export interface NodeParts {
  readonly op: AnyOp;
  readonly params: unknown;
  readonly edges: readonly (Edge | null)[];
  readonly inputShapes: readonly (Shape | null)[];
  readonly outputShape: Shape;
  readonly saved: readonly Saved[];
}

let nextSequence = 1;
let liveNodes = 0;

/** Nodes not yet freed; `memory()` reports it. */
export function liveNodeCount(): number {
  return liveNodes;
}

/**
 * One recorded operation. Held by its output tensors and by the nodes that consume them; freed with the last of these,
 * or by the backward pass that used it.
 */
export class GradNode {
  readonly op: AnyOp;
  readonly params: unknown;
  readonly edges: readonly (Edge | null)[];
  readonly inputShapes: readonly (Shape | null)[];
  readonly outputShape: Shape;
  /** Position in execution order: an input's node always has a smaller one. */
  readonly sequence = nextSequence++;
  #saved: readonly Saved[] | null;
  #references = 0;

  constructor(parts: NodeParts) {
    this.op = parts.op;
    this.params = parts.params;
    this.edges = Object.freeze(parts.edges);
    this.inputShapes = Object.freeze(parts.inputShapes);
    this.outputShape = parts.outputShape;
    this.#saved = Object.freeze(parts.saved);
    for (const saved of parts.saved) saved.storage.retain();
    for (const edge of parts.edges) if (edge instanceof GradNode) edge.retain();
    liveNodes++;
  }

  /** What the derivative reads; null once freed. */
  get saved(): readonly Saved[] | null {
    return this.#saved;
  }

  /** Adds a reference, which `release()` drops. */
  retain(): this {
    this.#references++;
    return this;
  }

  /** Drops one reference and frees every node that nothing reaches any more: a loop, since graphs are deeper than stacks. */
  release(): void {
    const pending: GradNode[] = [this];
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (--node.#references > 0) continue;
      node.free();
      liveNodes--;
      for (const edge of node.edges) if (edge instanceof GradNode) pending.push(edge);
    }
  }

  /** Releases the saved memory; the node keeps its place in the graph. */
  free(): void {
    for (const saved of this.#saved ?? []) saved.storage.release();
    this.#saved = null;
  }
}
