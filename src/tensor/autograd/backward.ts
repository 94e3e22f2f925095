// Reverse-mode differentiation: walks the recorded nodes backwards, visiting only what leads to a wanted leaf.

import { checkFlag, formatValue } from "../arguments.js";
import { callNow } from "../callNow.js";
import { checkTensor, checkTensors } from "../checkTensor.js";
import { full } from "../create.js";
import { ConfigError, GradError } from "../errors.js";
import { memory } from "../memory.js";
import { checkOptions } from "../options.js";
import { keep, scope } from "../scope.js";
import { formatShape, type Shape, sameShape } from "../shape.js";
import { Tensor } from "../tensor.js";
import { type Edge, GradNode, type Saved } from "./graph.js";

let recording = true;

/** Whether operations are recorded. */
export function isRecording(): boolean {
  return recording;
}

/** Runs `fn` without recording: nothing made in it has a gradient. Throws ConfigError if `fn` is async or a generator. */
export function noGrad<T>(fn: () => T): T {
  return withRecording(false, () => callNow("noGrad", fn));
}

function withRecording<T>(value: boolean, fn: () => T): T {
  const before = recording;
  recording = value;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** How the graph is walked, and what of it is kept. */
export interface BackwardOptions {
  /** Gradient of the result with respect to `loss`; needed unless `loss` has one element. Same shape as `loss`. */
  gradient?: Tensor;
  /** Record the backward pass too, for gradients of gradients; implies `retainGraph`. */
  createGraph?: boolean;
  /** Keep the saved tensors, so that backward can run again. */
  retainGraph?: boolean;
  /** Called with each node visited, in order. */
  onVisit?: (node: GradNode) => void;
}

const OPTIONS: readonly (keyof BackwardOptions)[] = ["gradient", "createGraph", "retainGraph", "onVisit"];

/**
 * Gradients of `loss` with respect to `inputs`, in their order; zeros where `loss` does not depend on one.
 * Throws GradError if `loss` has no graph, its graph was freed, or an input requires no gradient,
 * ConfigError for unknown options.
 */
export function grad<const T extends readonly Tensor[]>(
  loss: Tensor,
  inputs: T,
  options: BackwardOptions = {},
): { -readonly [K in keyof T]: Tensor } {
  for (const input of checkTensors("grad", "inputs", inputs)) {
    if (input.node || input.requiresGrad) continue;
    throw new GradError(
      `grad: ${input} does not require a gradient`,
      "call setRequiresGrad(true) on it before the forward pass",
    );
  }
  return scope(() => {
    const gradients = run(loss, new Set<Edge>(inputs.map((t) => t.node ?? t)), options);
    const gradientOf = (t: Tensor) => own(gradients.get(t.node ?? t) ?? full(t.shape, 0, { device: t.device }));
    return inputs.map(gradientOf) as { -readonly [K in keyof T]: Tensor };
  });
}

/** A handle of its own: one gradient may serve several inputs, or be the caller's, and each is disposed alone. */
function own(gradient: Tensor): Tensor {
  return new Tensor(gradient.storage.retain(), gradient.shape, gradient.dtype, gradient.node);
}

/**
 * Adds the gradient of `loss` to `.grad` of every leaf it depends on. A loop that leaves tensors behind at every call is
 * warned of: see `onWarning` of `openDevice`. Throws GradError and ConfigError like `grad`. Where it throws no `.grad` has
 * changed; a graph that is not retained is used up all the same, as far as the walk came.
 */
export function backward(loss: Tensor, options: BackwardOptions = {}): void {
  scope(() => {
    const sums = new Map<Tensor, Tensor>();
    for (const [leaf, gradient] of run(loss, null, options)) {
      if (!(leaf instanceof Tensor) || leaf.disposed) continue;
      sums.set(leaf, leaf.grad ? leaf.grad.add(gradient) : own(gradient));
    }
    for (const [leaf, sum] of sums) {
      leaf.grad?.dispose();
      leaf.grad = keep(sum);
    }
  });
  loss.device.heed(memory(loss.device));
}

/** Gradients by leaf (and by node, where one is wanted); `wanted` null means every leaf. */
function run(loss: Tensor, wanted: ReadonlySet<Edge> | null, options: BackwardOptions): Map<Edge, Tensor> {
  checkCall(wanted ? "grad" : "backward", loss, options);
  const root = loss.node;
  if (!root) {
    if (wanted?.has(loss)) return new Map([[loss, seed(loss, options.gradient)]]);
    throw new GradError(
      `backward: ${loss} has no graph`,
      "it depends on no tensor that requires a gradient, or was made in noGrad",
    );
  }
  const nodes = pathNodes(root, wanted);
  const gradients = new Map<Edge, Tensor>([[root, seed(loss, options.gradient)]]);
  withRecording(options.createGraph ?? false, () => {
    for (const node of nodes) {
      const gradient = gradients.get(node);
      if (!gradient) continue;
      options.onVisit?.(node);
      visit(node, gradient, nodes, wanted, gradients);
      if (!wanted?.has(node)) gradients.delete(node);
      if (!options.retainGraph && !options.createGraph) node.free();
    }
  });
  return gradients;
}

function checkCall(owner: string, loss: Tensor, options: BackwardOptions): void {
  checkTensor(owner, "loss", loss);
  checkOptions(owner, options, OPTIONS);
  const { gradient, createGraph = false, retainGraph = false, onVisit } = options;
  if (gradient !== undefined) checkTensor(owner, "gradient", gradient);
  checkFlag(owner, "createGraph", createGraph);
  checkFlag(owner, "retainGraph", retainGraph);
  if (onVisit === undefined || typeof onVisit === "function") return;
  throw new ConfigError(`${owner}: onVisit is ${formatValue(onVisit)}`, "pass a function of a node");
}

/** The gradient to start from: given, or 1 for a loss of one element. */
function seed(loss: Tensor, gradient: Tensor | undefined): Tensor {
  if (!gradient && loss.size !== 1) {
    throw new GradError(
      `backward: ${loss} has ${loss.size} elements, not 1`,
      "reduce the loss with mean() or sum(), or pass { gradient }",
    );
  }
  if (gradient && !sameShape(gradient.shape, loss.shape)) {
    throw new GradError(`backward: gradient ${gradient} does not fit loss ${loss}`, "the shapes must be equal");
  }
  return gradient ?? full(loss.shape, 1, { device: loss.device });
}

/** Nodes between `root` and what is wanted, latest first. Nothing behind a stop is looked at. */
function pathNodes(root: GradNode, wanted: ReadonlySet<Edge> | null): Set<GradNode> {
  const reached = new Set([root]);
  for (const node of reached) {
    if (node.op.stops) continue;
    for (const edge of node.edges) if (edge instanceof GradNode) reached.add(edge);
  }
  const leads = new Set<GradNode>();
  for (const node of [...reached].sort((a, b) => a.sequence - b.sequence)) {
    if (!node.op.stops && node.edges.some((edge) => isTarget(edge, leads, wanted))) leads.add(node);
  }
  return new Set([...leads].reverse());
}

/** Whether a gradient is to flow along `edge`: to a node on the way (`nodes`) or wanted itself, or to a wanted leaf. */
function isTarget(edge: Edge | null, nodes: ReadonlySet<GradNode>, wanted: ReadonlySet<Edge> | null): boolean {
  if (!edge) return false;
  if (edge instanceof GradNode && nodes.has(edge)) return true;
  return wanted ? wanted.has(edge) : !(edge instanceof GradNode);
}

/** Adds the gradients that `node` passes to its inputs. */
function visit(
  node: GradNode,
  gradient: Tensor,
  nodes: ReadonlySet<GradNode>,
  wanted: ReadonlySet<Edge> | null,
  gradients: Map<Edge, Tensor>,
): void {
  const { op, edges, inputShapes } = node;
  if (!node.saved) {
    throw new GradError(
      `backward: the graph of ${op.name} was freed by an earlier backward`,
      "pass { retainGraph: true } to the first",
    );
  }
  if (!op.vjp) throw new GradError(`backward: ${op.name} has no derivative`, "put its input behind stopGradient()");
  const wants = edges.map((edge) => isTarget(edge, nodes, wanted));
  const name = (i: number) => inputName(op.inputs, i);
  const shapes: Record<string, Shape> = {};
  const needs: Record<string, boolean> = {};
  for (const [i, shape] of inputShapes.entries()) {
    if (shape) shapes[name(i)] = shape;
    needs[name(i)] = wants[i];
  }
  const saved = Object.fromEntries(node.saved.map((s) => [s.name, restore(s, node)]));
  const results = op.vjp(gradient, saved, { params: node.params, shapes, needs, createGraph: recording });
  for (const [i, edge] of edges.entries()) {
    const result = results[i];
    if (!edge || !wants[i] || !result) continue;
    const fitted = unbroadcast(result, inputShapes[i] as Shape);
    const before = gradients.get(edge);
    gradients.set(edge, before ? before.add(fitted) : fitted);
  }
}

/** The name of input `i`: `bias?` is `bias`, and the list `...xs` is `xs0`, `xs1`, … */
export function inputName(names: readonly string[], i: number): string {
  const name = names[Math.min(i, names.length - 1)];
  return name.startsWith("...") ? `${name.slice(3)}${i}` : name.replace("?", "");
}

/** A handle to a saved value at its place in the graph. Throws GradError where a leaf no longer holds it and is to be differentiated again. */
function restore({ name, storage, shape, dtype, edge }: Saved, node: GradNode): Tensor {
  const place = edge === "self" ? node : edge;
  if (place instanceof Tensor) {
    if (!place.disposed && place.storage === storage) return place;
    if (recording) {
      throw new GradError(
        `backward: ${name} of ${node.op.name} was assigned or disposed after the forward pass`,
        "with createGraph, update leaves only after the last backward",
      );
    }
  }
  return new Tensor(storage.retain(), shape, dtype, place instanceof GradNode ? place : null);
}

/** Sums a gradient over the dimensions along which its input was repeated. */
function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const pad = gradient.rank - shape.length;
  const repeated = gradient.shape.flatMap((n, i) => (i < pad || (shape[i - pad] === 1 && n !== 1) ? [i] : []));
  if (pad < 0 || shape.some((n, i) => n !== 1 && n !== gradient.shape[pad + i])) {
    throw new GradError(
      `backward: gradient ${gradient} does not fit input ${formatShape(shape)}`,
      "a defect of the op's derivative",
    );
  }
  return gradient.sum(repeated, true).reshape(shape);
}
