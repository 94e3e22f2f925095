// The part of docs/accuracy.md that compares with other libraries.
import type { EdgeStanding, Standing } from "../../bench/peers/accuracy/compare.js";
import type { ComparedRun } from "../../bench/peers/accuracy/run.js";
import { grid } from "./grid.js";

/** Both tables of one driver, and what failed. */
export function peersSection({ driver, libraries, config, cases, edges }: ComparedRun): string {
  const versions = Object.entries(config.peers as Record<string, string>).map(
    ([name, version]) => `${name} ${version}`,
  );
  const most = (op: string) => Math.max(...Object.values(cases[op]).map((standing) => standing.cases));
  const rows = Object.keys(cases).sort();
  const failures = rows.flatMap((op) =>
    libraries.flatMap((name) => cases[op][name].failures.map((failure) => `- ${name}, ${op}, ${failure}`)),
  );
  return [
    `### On ${driver}`,
    `Worst error of results / of gradients, in ULP of the largest exact one of the case (${versions.join(", ")}).`,
    grid([
      ["function", "cases", ...libraries],
      ...rows.map((op) => [op, String(most(op)), ...libraries.map((name) => describe(cases[op][name], most(op)))]),
    ]),
    failures.length > 0
      ? `Cases that threw, or whose results have a NaN or an infinity too many:\n\n${failures.join("\n")}`
      : "",
    "Results at edges:",
    grid([
      ["function", "results", ...libraries],
      ...Object.entries(edges).map(([op, { count, found }]) => [
        op,
        String(count),
        ...libraries.map((name) => (name in found ? describeEdges(found[name]) : "–")),
      ]),
    ]),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function describe({ cases, result, gradient, failures }: Standing, most: number): string {
  if (cases === 0) return "–";
  const part = cases < most ? ` (${cases} cases)` : "";
  const failed = failures.length > 0 ? `, ${failures.length} failed` : "";
  return `${result?.ulp ?? "–"} / ${gradient?.ulp ?? "–"}${part}${failed}`;
}

function describeEdges({ nanLost, nanMade, wrong, failure }: EdgeStanding): string {
  const parts = [
    nanLost > 0 && `NaN lost at ${nanLost}`,
    nanMade > 0 && `NaN made at ${nanMade}`,
    wrong > 0 && `wrong at ${wrong}`,
    failure,
  ].filter(Boolean);
  return parts.length === 0 ? "right" : parts.join(", ");
}
