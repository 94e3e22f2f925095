// From what a scenario's runners recorded to the result of a cell.

import type { Scenario } from "../../experiments/scenarios/index.js";
import { batchesPerPoint, type CurveRow, condenseRows, curveRows, meanShares } from "../curves.js";
import type { Tally } from "../metrics/index.js";
import type { Runner } from "../runner.js";
import type { CellBin, CellCurves, CellFigures, CellPhase, CellResult, CellRow } from "./cell.js";

/** Points of a cell's curves. */
const POINTS = 48;

/**
 * The result of a scenario, from what `runScenario` returned.
 * @param curves whether to keep the curves over the stream: some kilobytes
 */
export function cellResult(
  scenario: Scenario,
  runners: ReadonlyMap<string, Runner>,
  { curves = false }: { curves?: boolean } = {},
): CellResult {
  const phases = Object.fromEntries([...runners].map(([name, runner]) => [name, phaseOf(runner)]));
  const phase = scenario.phases.find(({ adapt }) => adapt)?.name ?? scenario.headline;
  const learnt = runners.get(phase);
  const drawn = curves && learnt ? { curves: curvesOf(phase, learnt) } : {};
  return { headline: scenario.headline, phases, ...drawn };
}

function phaseOf({ recorder, secondsPerImage, notUpdated }: Runner): CellPhase {
  const { total, perCorruption, dominantShare } = recorder;
  return {
    ...figuresOf(total),
    dominantShare,
    secondsPerImage: finite(secondsPerImage),
    notUpdated,
    bins: total.bins.map(({ n, confidence, accuracy }): CellBin => [n, finite(confidence), finite(accuracy)]),
    perCorruption: Object.fromEntries([...perCorruption].map(([name, tally]) => [name, figuresOf(tally)])),
    terms: termsOf(recorder),
  };
}

function figuresOf({ n, accuracy, calibrationError, entropy, logitNorm }: Tally): CellFigures {
  return {
    n,
    accuracy: finite(accuracy),
    ece: finite(calibrationError),
    entropy: finite(entropy),
    logitNorm: finite(logitNorm),
  };
}

/** Means weighted by images over the batches that have the term; the distance as it is at the end. */
function termsOf({ rows, terms }: Runner["recorder"]): CellPhase["terms"] {
  const mean = (name: "loss" | "onlineEntropy" | "alignment"): number | null => {
    let sum = 0;
    let n = 0;
    for (const [i, { [name]: value }] of terms.entries()) {
      if (value === null) continue;
      sum += rows[i].n * value;
      n += rows[i].n;
    }
    return finite(sum / n);
  };
  return {
    loss: mean("loss"),
    onlineEntropy: mean("onlineEntropy"),
    alignment: mean("alignment"),
    predictorDistance: terms[terms.length - 1]?.predictorDistance ?? null,
  };
}

function curvesOf(phase: string, { recorder }: Runner): CellCurves {
  const group = batchesPerPoint(recorder.rows.length, POINTS);
  const short = (shares: readonly number[][]): number[][] =>
    meanShares(shares, group).map((point) => point.map((share) => Number(share.toFixed(3))));
  return {
    phase,
    rows: condenseRows(curveRows(recorder), group).map(shortened),
    classShare: short(recorder.classShare),
    labelShare: short(recorder.labelShare),
  };
}

/** Numbers of five significant digits: more would only make the file larger. */
function shortened(row: CurveRow): CellRow {
  const short = (value: unknown): unknown => (typeof value === "number" ? finite(Number(value.toPrecision(5))) : value);
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, short(value)])) as CellRow;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
