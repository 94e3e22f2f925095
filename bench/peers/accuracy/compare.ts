// Worst errors of libraries on the same cases.
import { ulp32 } from "../../../src/tensor/ulp.js";
import { edgeCases, type GoldenCase, goldenCases } from "./cases.js";
import type { AccuracyLibrary, AccuracyResult } from "./library.js";

/** What a library made of the cases of one function. */
export interface Standing {
  /** Cases that it has a function for. */
  readonly cases: number;
  /** Worst error of results and of gradients, in ULP of the largest exact one of the case; null without any. */
  readonly result: Worst | null;
  readonly gradient: Worst | null;
  /** Cases that threw, and those whose results or gradients have another NaN, infinity or length than they should. */
  readonly failures: readonly string[];
}

interface Worst {
  readonly ulp: number;
  readonly id: string;
}

export interface EdgeStanding {
  readonly nanLost: number;
  readonly nanMade: number;
  /** Off by more than a thousandth, or an infinity for a number. */
  readonly wrong: number;
  readonly failure?: string;
}

export interface Comparison {
  /** By fixture name, then by library. */
  readonly cases: Readonly<Record<string, Readonly<Record<string, Standing>>>>;
  readonly edges: Readonly<Record<string, EdgeComparison>>;
}

export interface EdgeComparison {
  /** Results compared. */
  readonly count: number;
  readonly found: Readonly<Record<string, EdgeStanding>>;
}

const NONE: Standing = { cases: 0, result: null, gradient: null, failures: [] };

/** Runs the cases of `folder` and the edges on all peers, and on ours what some peer has a function for. */
export async function compareAccuracy(
  folder: string,
  ours: AccuracyLibrary,
  peers: readonly AccuracyLibrary[],
): Promise<Comparison> {
  const cases: Record<string, Record<string, Standing>> = {};
  for await (const one of goldenCases(folder)) {
    const before = cases[one.op] ?? {};
    const after: [string, Standing][] = [];
    for (const peer of peers) after.push([peer.name, await standing(before[peer.name] ?? NONE, peer, one)]);
    if (after.every(([name, { cases: n }]) => n === (before[name] ?? NONE).cases)) continue;
    after.unshift([ours.name, await standing(before[ours.name] ?? NONE, ours, one)]);
    cases[one.op] = Object.fromEntries(after);
  }
  const edges: Record<string, EdgeComparison> = {};
  for (const one of edgeCases()) {
    const found: Record<string, EdgeStanding> = {};
    for (const library of [ours, ...peers]) {
      const result = await atEdges(library, one);
      if (result) found[library.name] = result;
    }
    edges[one.op] = { count: one.want.y.length, found };
  }
  return { cases, edges };
}

/** `before` with the case in it, if the library has a function for it. */
async function standing(before: Standing, library: AccuracyLibrary, one: GoldenCase): Promise<Standing> {
  let got: AccuracyResult | null;
  try {
    got = await library.run(one);
  } catch (error) {
    const [message] = (error as Error).message.split("\n");
    return { ...before, cases: before.cases + 1, failures: [...before.failures, `${one.id}: ${message}`] };
  }
  if (!got) return before;
  const result = worstError(got.y, one.want.y);
  const gradients = (got.gradients ?? []).map((gradient, i) => worstError(gradient, one.want.gradients[i]));
  const failures = [...before.failures];
  if (!Number.isFinite(result)) failures.push(`${one.id}: another NaN or infinity`);
  if (!gradients.every(Number.isFinite)) failures.push(`${one.id}: another NaN or infinity in a gradient`);
  const worse = (worst: Worst | null, ulp: number): Worst | null =>
    Number.isFinite(ulp) && ulp >= (worst?.ulp ?? 0) ? { ulp: Number(ulp.toPrecision(3)), id: one.id } : worst;
  return {
    cases: before.cases + 1,
    result: worse(before.result, result),
    gradient: gradients.reduce(worse, before.gradient),
    failures,
  };
}

/** In ULP of the largest of `want`; infinite for another NaN, infinity or length. */
function worstError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [error, largest] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i])) continue;
    const off = Math.abs(got[i] - want[i]);
    error = Math.max(error, Number.isNaN(off) ? Number.POSITIVE_INFINITY : off);
  }
  for (let i = 0; i < want.length; i++) if (Number.isFinite(want[i])) largest = Math.max(largest, Math.abs(want[i]));
  return error / ulp32(largest);
}

async function atEdges(library: AccuracyLibrary, one: GoldenCase): Promise<EdgeStanding | null> {
  const found = { nanLost: 0, nanMade: 0, wrong: 0 };
  try {
    const got = await library.run(one);
    if (!got) return null;
    for (let i = 0; i < one.want.y.length; i++) {
      const [y, want] = [got.y[i], Math.fround(one.want.y[i])];
      if (Number.isNaN(y) || Number.isNaN(want)) {
        if (!Number.isNaN(y)) found.nanLost++;
        if (!Number.isNaN(want)) found.nanMade++;
      } else if (y !== want && !(Math.abs(y - want) <= Math.max(1e-3 * Math.abs(want), 2 ** -126))) found.wrong++;
    }
    return found;
  } catch (error) {
    return { ...found, failure: (error as Error).message.split("\n")[0] };
  }
}
