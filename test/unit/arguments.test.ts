// Every argument of every op, replaced by what nobody should pass: a valid shape and a plan come of it, or a typed error.
import { describe, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import { formatValue } from "../../src/tensor/arguments.js";
import { DEFAULT_CAPS } from "../../src/tensor/device/caps.js";
import { ZeroSiamError } from "../../src/tensor/errors.js";
import { outputsOf, paramsOf } from "../../src/tensor/infer.js";
import type { AnyOp, HostTensor, Inputs } from "../../src/tensor/op.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { hostInputs } from "../ops/lib/samples.js";

const BAD: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  1.5,
  1e9,
  2 ** 53,
  10n,
  true,
  "x",
  "1",
  {},
  [],
  [null],
  [[]],
  ["x"],
  [Number.NaN],
  [-1],
  [1.5],
  new Array(2), // holes: `every` passes them over
  new Date(0),
  () => 1,
  Symbol("x"),
];

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  test("takes a bad argument with a valid shape, or refuses it with a typed error", () => {
    const sample = op.samples.find(({ args }) => args?.length) ?? op.samples[0];
    const hosts = hostInputs(op, sample, 0);
    const failures = BAD.flatMap((bad) => replaced(sample.args ?? [], bad).map((call) => failureOf(op, hosts, call)));
    expect(failures.filter((failure) => failure !== "")).toEqual([]);
  });
});

/** `args` with `bad` for each of them, for each option among them, after them, and after a part of them. */
function replaced(args: readonly unknown[], bad: unknown): unknown[][] {
  const calls: unknown[][] = [[...args, bad]];
  for (const [i, arg] of args.entries()) {
    calls.push(args.with(i, bad), [...args.slice(0, i), bad], args.slice(0, i));
    if (Object.getPrototypeOf(arg ?? 0) !== Object.prototype) continue;
    for (const name of Object.keys(arg as object)) calls.push(args.with(i, { ...(arg as object), [name]: bad }));
  }
  return calls;
}

/** What is wrong with how `op` answers the call; empty where nothing is. */
function failureOf(op: AnyOp, hosts: Inputs<HostTensor>, args: readonly unknown[]): string {
  const call = `${op.name}(${args.map(show).join(", ")})`;
  try {
    const params = structuredClone(paramsOf(op, hosts, args)); // as calls are kept
    const outputs = outputsOf(op, hosts, params); // whose sizes it has checked
    const sizes = outputs.map(({ shape }) => sizeOf(shape));
    // what does not fit a buffer, and what has no elements, is launched by nothing
    if (sizes.every((size) => size < 2 ** 28) && sizes.some((size) => size > 0)) {
      op.kernels?.({ inputs: hosts, outputs, params, caps: DEFAULT_CAPS });
    }
    return "";
  } catch (error) {
    return error instanceof ZeroSiamError && error.help !== "" ? "" : `${call} throws ${error}`;
  }
}

/** `{ eps: NaN }`. */
function show(arg: unknown): string {
  if (Object.getPrototypeOf(arg ?? 0) !== Object.prototype) return formatValue(arg);
  return `{ ${Object.entries(arg as object).map(([name, value]) => `${name}: ${formatValue(value)}`)} }`;
}
