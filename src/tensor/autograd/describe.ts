// The recorded graph as text: what backward would visit, and where stopGradient ends it.
import { checkTensor } from "../checkTensor.js";
import { ConfigError } from "../errors.js";
import { formatShape } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { GradNode } from "./graph.js";

/** Names for leaves in `describeGraph`: a Map from name to tensor, such as `model.namedParameters()`. */
export type LeafNames = ReadonlyMap<string, Tensor>;

/**
 * One line a node, latest first, as backward walks them: `#12 mul [2, 3] ← #10, weight`. Nodes that only a
 * stopGradient reaches are listed under it as not visited. A tensor without a graph gives one line.
 * Throws ConfigError unless `names` is a Map and `loss` a tensor.
 */
export function describeGraph(loss: Tensor, names: LeafNames = new Map()): string {
  if (!(names instanceof Map)) {
    throw new ConfigError(
      "describeGraph: names is no Map",
      "pass model.namedParameters() or new Map([[name, tensor]])",
    );
  }
  checkTensor("describeGraph", "loss", loss);
  if (!loss.node) return `${loss}: no graph`;
  const labels = new Map([...names].map(([name, leaf]) => [leaf, name]));
  const visited = reachable(loss.node, (node) => !node.op.stops);
  const hidden = [...reachable(loss.node, () => true)].filter((node) => !visited.has(node));
  const ids = new Map(bySequence([...visited, ...hidden]).map((node, i, all) => [node, all.length - i]));
  const line = (node: GradNode) => {
    const sources = node.edges.map((edge, i) => {
      if (edge instanceof GradNode) return `#${ids.get(edge)}`;
      return edge ? (labels.get(edge) ?? `leaf ${edge}`) : `constant ${formatShape(node.inputShapes[i] ?? [])}`;
    });
    return `#${ids.get(node)} ${node.op.name} ${formatShape(node.outputShape)} ← ${sources.join(", ")}${node.op.stops ? " (backward stops here)" : ""}`;
  };
  const lines = bySequence([...visited]).map(line);
  if (hidden.length > 0) lines.push("not visited:", ...bySequence(hidden).map((node) => `  ${line(node)}`));
  return lines.join("\n");
}

function reachable(root: GradNode, follow: (node: GradNode) => boolean): Set<GradNode> {
  const seen = new Set([root]);
  for (const node of seen) {
    if (!follow(node)) continue;
    for (const edge of node.edges) if (edge instanceof GradNode) seen.add(edge);
  }
  return seen;
}

function bySequence(nodes: GradNode[]): GradNode[] {
  return nodes.sort((a, b) => b.sequence - a.sequence);
}
