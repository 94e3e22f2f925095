// The whole WGSL that an op runs for its example, on each class of adapter.
import type { Caps } from "../../src/tensor/device/caps.js";
import type { AnyOp, Dispatch, Sample } from "../../src/tensor/op.js";
import { hostInputs } from "../../test/ops/lib/samples.js";
import { ADAPTERS } from "./kernels.js";

/** The sample that an op's page shows: the first that leaves out no input. */
export function exampleOf(op: AnyOp): Sample {
  return op.samples.find(({ inputs }) => inputs.every((input) => input !== null)) ?? op.samples[0];
}

/** A section of Markdown: adapters that run the same texts share them. */
export function wgslSection(op: AnyOp): string {
  const byText = new Map<string, string[]>();
  for (const [adapter, caps] of Object.entries(ADAPTERS)) {
    const text = launches(op, caps).map(launchText).join("\n\n");
    byText.set(text, [...(byText.get(text) ?? []), adapter]);
  }
  const everywhere = byText.size === 1;
  const parts = [...byText].map(
    ([text, adapters]) => `### On ${everywhere ? "every adapter" : list(adapters)}\n\n${text}`,
  );
  return `## WGSL\n\nWhat the example runs, whole.\n\n${parts.join("\n\n")}`;
}

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

function launches(op: AnyOp, caps: Caps): readonly Dispatch[] {
  const sample = exampleOf(op);
  const inputs = hostInputs(op, sample, 0);
  const params = op.params?.(inputs, ...(sample.args ?? []));
  return op.kernels?.({ inputs, outputs: op.infer(inputs, params), params, caps }).dispatches ?? [];
}

function launchText({ source, uniforms, groups }: Dispatch): string {
  const values = uniformValues(source.code, uniforms);
  const given = values.length > 0 ? `, with ${values.map((value) => `\`${value}\``).join(", ")}` : "";
  return `${groups.join(" × ")} workgroup${groups.join("") === "111" ? "" : "s"}${given}:\n\n\`\`\`wgsl\n${source.code.trim()}\n\`\`\``;
}

/** `rows = 3`, …: the uniforms as the text names them, with what the launch gives them. */
function uniformValues(code: string, bytes: Uint8Array): string[] {
  const [, fields = ""] = /struct Uniforms \{ (.*) \}/.exec(code) ?? [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return fields.split(", ").flatMap((field, i): string[] => {
    const [name, type] = field.split(": ");
    if (name === "unused") return [];
    const value =
      type === "f32"
        ? view.getFloat32(4 * i, true)
        : type === "i32"
          ? view.getInt32(4 * i, true)
          : view.getUint32(4 * i, true);
    return [`${name} = ${type === "f32" ? Number(value.toPrecision(8)) : value}`];
  });
}
