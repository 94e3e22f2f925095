// Launches that reduce dimensions of tensors, in a fixed order: blocks summed by lanes, blocks of a task, tasks of an output.
import type { Dispatch } from "../../../tensor/op.js";
import { CHAIN, teamFor } from "./fold.js";
import { type ReduceLayout, reduceLayout } from "./reduceLayout.js";
import { blocksOf, type ReduceCall, reduceKernel, type WorkShape } from "./reduceText.js";

/** Elements that the lanes of a team fold, at most `CHAIN` each, before the block's result joins the others. */
const ROW_BLOCK = 1024;
const MAX_SPLITS = 256;
const COLUMN_WORKGROUP = 64;

/** The launches, and the bytes that `partials` needs. */
export function reduceKernels(call: ReduceCall): { dispatches: Dispatch[]; partialBytes: number } {
  const { layout, reducer } = call;
  const shape = shapeOf(call);
  const splits = splitsFor(call, shape);
  if (splits === 1) return { dispatches: [reduceKernel(call, shape, 1)], partialBytes: 0 };
  const partial = { type: reducer.state, operand: call.partials };
  const first: ReduceCall = { ...call, targets: [{ ...partial, value: "s" }] };
  const second: ReduceCall = {
    ...call,
    label: `${call.label}/merge`,
    layout: shape.team ? reduceLayout([layout.outputs, splits], [1]) : reduceLayout([splits, layout.outputs], [0]),
    elements: { x: partial },
    along: {},
    reducer: { ...reducer, fold: "merge(s, x)" },
  };
  const partialBytes = layout.outputs * splits * bytesOf(reducer.state);
  return { dispatches: [reduceKernel(first, shape, splits), reduceKernel(second, shapeOf(second), 1)], partialBytes };
}

const bytesOf = (type: string): number => (type.startsWith("vec2") ? 8 : 4);

/** Whether the innermost reduced run is contiguous, so that a team reads it side by side; else lanes go along the kept ones. */
const isRows = ({ inner, count }: ReduceLayout): boolean => inner.stride === 1 && count > 1;

function shapeOf({ caps, layout, elements }: ReduceCall): WorkShape {
  const scalars = Object.values(elements).every(({ type }) => !type.startsWith("vec"));
  if (isRows(layout)) {
    const team = teamFor(caps, layout.inner.size);
    const block = Math.min(ROW_BLOCK, CHAIN * team.lanes);
    return { ...team, team, width: scalars && layout.inner.size % 4 === 0 ? 4 : 1, across: 1, block };
  }
  const last = layout.kept.at(-1);
  const across = scalars && last?.stride === 1 && last.size % 4 === 0 ? 4 : 1;
  return { team: null, lanes: 1, workgroup: COLUMN_WORKGROUP, width: 1, across, block: CHAIN };
}

/** Tasks an output is split into: enough workgroups to occupy the adapter, no task smaller than two blocks. */
function splitsFor({ caps, layout }: ReduceCall, { lanes, workgroup, across, block }: WorkShape): number {
  const wanted = caps.kind === "software" ? 16 : 512;
  const groups = Math.ceil((layout.outputs * lanes) / (workgroup * across));
  const most = Math.floor(layout.count / (2 * block));
  return Math.max(1, Math.min(Math.ceil(wanted / Math.max(1, groups)), blocksOf(layout, block), most, MAX_SPLITS));
}
