// `zerosiam reproduce --quick`: whether the figures point where the paper's do, in minutes, on the validation part.

import { eachSeed, publishedBase, settingOf } from "../../experiments/reproduce/protocol.js";
import type { CellRunner } from "../../experiments/sweep/cellRunner.js";
import type { Finished } from "../../experiments/sweep/results.js";
import { type Group, groupCells, overSeeds } from "../../report/group.js";
import { accuracy, accuracyTable } from "../../report/text/cellTables.js";
import { toMarkdown } from "../../report/text/markdown.js";
import { computeCells } from "./cells.js";
import { EXIT } from "./failure.js";
import type { Session } from "./session.js";

const QUICK_STREAMS = ["class-ordered", "batch-1"];
const QUICK_SEEDS = 2;

/** Runs source, Tent and ZeroSiam at the published rates; exit code 1 where ZeroSiam's mean is below Tent's. */
export async function quickCheck(session: Session, runner: CellRunner, limit?: number): Promise<void> {
  const settings = QUICK_STREAMS.flatMap((stream) =>
    ["source", "tent", "zerosiam"].flatMap((method) => {
      const base = method === "source" ? null : publishedBase(method);
      return eachSeed(QUICK_SEEDS, (seed) => settingOf(method, base, { stream, part: "validation", seed }, limit));
    }),
  );
  const cells: Finished[] = [];
  const results = { add: (cell: Finished) => cells.push(cell) };
  if (!(await computeCells({ session, runner, results }, settings, 0))) return;
  const groups = groupCells(cells);
  const table = accuracyTable(
    groups,
    `Accuracy (%) on the validation part at the published rates, ${QUICK_SEEDS} seeds.`,
  );
  session.say(`\n${toMarkdown(table).trimEnd()}\n`);
  await session.save(session.common(0, { seeds: QUICK_SEEDS, streams: QUICK_STREAMS }), { table });
  const fallen = belowTent(groups);
  session.say(fallen.length === 0 ? "ZeroSiam is at or above Tent" : `ZeroSiam is below Tent on ${fallen.join(", ")}`);
  if (fallen.length > 0) process.exitCode = EXIT.failed;
}

/** The streams on which ZeroSiam's mean is not at or above Tent's. */
export function belowTent(groups: readonly Group[]): string[] {
  const mean = (method: string, stream: string): number => {
    const group = groups.find(({ setting }) => setting.method === method && setting.stream === stream);
    return (group && overSeeds(group, accuracy)?.mean) ?? Number.NaN;
  };
  const streams = [...new Set(groups.map(({ setting }) => setting.stream))];
  return streams.filter((stream) => !(mean("zerosiam", stream) >= mean("tent", stream)));
}
