// A program as TypeScript that runs: what a failure shows.
import { fillingCode } from "./fill.js";
import type { Program, Step } from "./program.js";

/** What value `n` takes, with the public API: a `const` each, the last line reading `n`. */
export function code(program: Program, n: number): string {
  const { values, steps } = program;
  const needed = ancestors(program, n);
  const lines: string[] = [];
  for (const [i, { name, filling, dtype }] of values.entries()) {
    const step = steps.find(({ outputs }) => outputs[0] === i);
    if (step?.outputs.some((k) => needed.has(k)))
      lines.push(`const ${results(step, program)} = ${call(step, program)};`);
    if (filling && needed.has(i)) lines.push(`const ${name} = ${fillingCode(filling, dtype === "f32")};`);
  }
  return [
    'import { openDevice, Rng, tensor } from "zerosiam/tensor";',
    "",
    "await openDevice();",
    ...lines,
    `console.log(await ${values[n].name}.data());`,
  ].join("\n");
}

/** The values that value `n` is made from, and itself. */
function ancestors({ steps }: Program, n: number): ReadonlySet<number> {
  const needed = new Set([n]);
  for (const { inputs, outputs } of [...steps].reverse()) {
    if (outputs.some((k) => needed.has(k))) for (const i of inputs) if (i !== null) needed.add(i);
  }
  return needed;
}

function results({ outputs }: Step, { values }: Program): string {
  const names = outputs.map((n) => values[n].name).join(", ");
  return outputs.length > 1 ? `[${names}]` : names;
}

/** `a.conv2d(b, null, { padding: 1 })`; a list of tensors as one argument. */
function call({ op, inputs, args }: Step, { values }: Program): string {
  const [first, ...others] = inputs.map((n) => (n === null ? "null" : values[n].name));
  const tensors = op.inputs[0].startsWith("...") ? [`[${others.join(", ")}]`] : others;
  return `${first}.${op.name}(${[...tensors, ...args.map(argument)].join(", ")})`;
}

function argument(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(argument).join(", ")}]`;
  if (typeof value !== "object" || value === null) return typeof value === "string" ? `"${value}"` : String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${argument(field)}`);
  return `{ ${fields.join(", ")} }`;
}
