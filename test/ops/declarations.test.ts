// What every declaration must hold for the engine to use it by name.
import { describe, expect, test } from "vitest";
import { OPS } from "../../src/kernels/index.js";
import type { Sample } from "../../src/tensor/op.js";
import { hostInputs } from "./lib/samples.js";

/** Names of the options that a sample passes. */
const optionsOf = ({ args = [] }: Sample): string[] =>
  args.flatMap((arg) => (Object.getPrototypeOf(arg ?? 0) === Object.prototype ? Object.keys(arg as object) : []));

const plain = (name: string) => name.replace("...", "").replace("?", "");

test("no two ops share a name", () => {
  expect(new Set(OPS.map(({ name }) => name)).size).toBe(OPS.length);
});

describe.each(OPS.map((op) => [op.name, op] as const))("%s", (_, op) => {
  const outputs = op.outputs ?? ["y"];

  test("names its inputs and outputs apart: derivatives get what they save by name", () => {
    const names = [...op.inputs.map(plain), ...outputs.filter((name) => op.saves?.includes(name))];
    expect(new Set(names).size).toBe(names.length);
  });

  test("saves only what it has", () => {
    const known = new Set([...op.inputs.map(plain), ...outputs]);
    const list = op.inputs[0].startsWith("...");
    expect((op.saves ?? []).filter((name) => !list && !known.has(name))).toEqual([]);
  });

  test("names no inputs but its own what it reads", () => {
    expect(
      [...(op.constants ?? []), ...(op.meetsZeros ?? [])].filter((name) => !op.inputs.map(plain).includes(name)),
    ).toEqual([]);
  });

  test("declares the options that its calls pass, and passes each that it declares", () => {
    const passed = new Set(op.samples.flatMap(optionsOf));
    const refused = (op.errors ?? []).flatMap(optionsOf);
    expect([...passed].sort()).toEqual([...(op.options ?? [])].sort());
    expect(refused.filter((name) => !op.options?.includes(name))).toEqual([]);
  });

  test("has a derivative where f32 becomes f32, or says why not", () => {
    const floats = op.samples.some((sample, i) => {
      const hosts = hostInputs(op, sample, i);
      const [output] = op.infer(hosts, op.params?.(hosts, ...(sample.args ?? [])));
      return output.dtype === "f32" && hosts.some((host) => host?.dtype === "f32");
    });
    const answers = [op.vjp, op.noDerivative, op.stops].filter(Boolean);
    expect(answers.length, "one of vjp, noDerivative and stops").toBe(floats || op.vjp ? 1 : 0);
  });

  test("has a line of documentation and a sample", () => {
    expect(op.doc).not.toBe("");
    expect(op.samples.length).toBeGreaterThan(0);
  });
});
