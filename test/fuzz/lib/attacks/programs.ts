// Random programs against the references.
import { openDevice } from "../../../../src/tensor/index.js";
import { fuzz } from "../check.js";
import type { AttackOptions, Counts } from "./attack.js";

/** Throws the first program that is wrong, shrunk, as code. */
export async function runPrograms(options: AttackOptions): Promise<Counts> {
  const { tally, failure } = await fuzz(await openDevice(), options);
  if (failure) throw new Error(`--seed ${failure.seed} --path ${failure.path}\n\n${failure.report}`);
  const { programs, steps, ops, gradients, sharp, kinks } = tally;
  return {
    ...{ "programs right": programs, calls: steps, "different ops": ops.size, "gradients compared": gradients },
    ...{ "within 1 % or less": sharp, "at a kink, left out": kinks },
  };
}
