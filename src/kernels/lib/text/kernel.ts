// One kernel launch from WGSL text: a typed declaration of its uniforms and bindings writes the prologue and packs the values.
import { holds } from "../../../tensor/dtype.js";
import { DTypeError, ShapeError } from "../../../tensor/errors.js";
import type { Dispatch, Operand } from "../../../tensor/op.js";
import { FLOATS } from "./floats.js";
import { link, piecesOf } from "./link.js";

/** A uniform: its WGSL type and value. */
export interface Uniform {
  readonly type: "u32" | "i32" | "f32";
  readonly value: number;
}

/** A uniform u32. */
export const u32 = (value: number): Uniform => ({ type: "u32", value });
/** A step or offset that WGSL adds or takes off as u32: a negative one wraps, as it must. */
export const offset = (value: number): Uniform => u32(value < 0 ? value + 2 ** 32 : value);
/** A uniform i32. */
export const i32 = (value: number): Uniform => ({ type: "i32", value });
/** A uniform f32. */
export const f32 = (value: number): Uniform => ({ type: "f32", value });

/** A storage binding: an array of WGSL `type` over one of the op's buffers. */
export interface Binding {
  readonly type: string;
  readonly access: "r" | "w";
  readonly operand: Operand;
}

/** The buffer of the op's input of this number. */
export const input = (index: number): Operand => ({ role: "input", index });
/** The buffer of the op's output of this number. */
export const output = (index: number): Operand => ({ role: "output", index });
/** The scratch buffer of this number. */
export const scratch = (index: number): Operand => ({ role: "scratch", index });
/** An array that the kernel reads. */
export const read = (type: string, operand: Operand): Binding => ({ type, access: "r", operand });
/** An array that the kernel writes. */
export const write = (type: string, operand: Operand): Binding => ({ type, access: "w", operand });

/** A kernel as `kernel` takes it. */
export interface KernelSpec {
  /** The op's name, and the variant's after a slash: `matmul/subgroup`. Names the kernel in errors and profiles. */
  readonly label: string;
  /** Algorithm and index map: the comment at the head of the WGSL. */
  readonly about: string;
  /** At most 64 scalars, read as `u.name`. */
  readonly uniforms: Readonly<Record<string, Uniform>>;
  /** Arrays by the name the code reads or writes them by. */
  readonly bindings: Readonly<Record<string, Binding>>;
  /** `enable` directives, one a line. */
  readonly enable?: string;
  /** Functions, workgroup memory and `main`; `group_index` and the functions of `FLOATS` are at hand; what nobody calls is left out. */
  readonly code: string;
  /** Workgroups: a count, folded over x and y (`group_index(wg, groups)` gives it back, and may exceed the count), or x, y and z. */
  readonly groups: number | readonly [number, number, number];
}

const MAX_GROUPS = 65535;
const MAX_UNIFORMS = 64; // the 256 bytes that a dispatch has in the encoder's arena

/** What every kernel may call. */
const LIBRARY = piecesOf(`/// The number of this workgroup when a count was folded over x and y.
fn group_index(wg: vec3u, groups: vec3u) -> u32 { return wg.x + wg.y * groups.x; }

${FLOATS}
`);

/**
 * The launch that `spec` describes. Throws ShapeError where its sizes and strides are too many for the uniforms, and
 * DTypeError where one of these is no number of its type: an f32 rounds, integers never wrap.
 */
export function kernel(spec: KernelSpec): Dispatch {
  const count = Object.keys(spec.uniforms).length;
  if (count > MAX_UNIFORMS) {
    throw new ShapeError(
      `${spec.label}: ${count} sizes and strides (${count} > ${MAX_UNIFORMS})`,
      "use fewer dimensions",
    );
  }
  const bindings = Object.entries(spec.bindings);
  const code = `// ${spec.label}: ${spec.about}
${spec.enable ? `${spec.enable}\n` : ""}struct Uniforms { ${
    Object.entries(spec.uniforms)
      .map(([name, { type }]) => `${name}: ${type}`)
      .join(", ") || "unused: u32"
  } }
@group(0) @binding(0) var<uniform> u: Uniforms;
${bindings.map(declare).join("\n")}

${link([...LIBRARY, ...piecesOf(spec.code)])}
`;
  return {
    source: { label: spec.label, code, access: bindings.map(([, { access }]) => access).join("") },
    operands: bindings.map(([, { operand }]) => operand),
    uniforms: pack(spec.label, spec.uniforms),
    groups: typeof spec.groups === "number" ? spreadGroups(spec.groups) : spec.groups,
  };
}

function declare([name, { type, access }]: [string, Binding], i: number): string {
  return `@group(0) @binding(${i + 1}) var<storage, ${access === "r" ? "read" : "read_write"}> ${name}: array<${type}>;`;
}

/** Counts above 65,535 spread over y as evenly as they can: the last row may be partly idle. */
function spreadGroups(count: number): [number, number, number] {
  const rows = Math.ceil(count / MAX_GROUPS);
  return rows <= 1 ? [Math.max(1, count), 1, 1] : [Math.ceil(count / rows), rows, 1];
}

function pack(label: string, uniforms: Readonly<Record<string, Uniform>>): Uint8Array {
  const entries = Object.entries(uniforms);
  const bytes = new DataView(new ArrayBuffer(4 * Math.max(1, entries.length)));
  for (const [i, [name, { type, value }]] of entries.entries()) {
    if (!holds(type, value)) {
      throw new DTypeError(
        `${label}: ${name} is ${value}, no ${type}`,
        "make the sizes or arguments it comes from smaller",
      );
    }
    if (type === "f32") bytes.setFloat32(4 * i, value, true);
    else bytes.setUint32(4 * i, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
