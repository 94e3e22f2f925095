// Cells as they are committed: thousands of them, so that each keeps what a table or figure of the reproduction shows.
import type { CellPhase, CellResult, CellSetting } from "../sweep/cell.js";

/** Streams of which one seed keeps curves, bins and single corruptions: for the figures. */
const DRAWN = new Set(["class-ordered", "return-to-source"]);

/** Whether a cell is to be drawn, and keeps all. */
function isDrawn({ part, stream, seed }: CellSetting): boolean {
  return part === "test" && seed === 0 && DRAWN.has(stream);
}

/** Validation keeps the phase that counts; all but the drawn lose curves, bins and corruptions. Five digits. */
export function compactResult(setting: CellSetting, { curves, ...result }: CellResult): CellResult {
  const kept = Object.entries(result.phases).filter(([name]) => setting.part === "test" || name === result.headline);
  const plain = (phase: CellPhase): CellPhase => ({ ...phase, bins: [], perCorruption: {} });
  const phases = kept.map(([name, phase]) => [name, isDrawn(setting) ? phase : plain(phase)]);
  return JSON.parse(
    JSON.stringify({ ...result, phases: Object.fromEntries(phases), ...(isDrawn(setting) ? { curves } : {}) }),
    (_, value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value),
  );
}
