// Moving elements of any dtype: copies of boxes through strides, and filling.
import type { Caps, Dispatch, Operand } from "../../../tensor/op.js";
import { sizeOf } from "../../../tensor/shape.js";
import { gridGroups, gridLoop } from "../text/grid.js";
import { kernel, read, type Uniform, u32, write } from "../text/kernel.js";
import { mergeDims, walk, walkUniforms } from "../text/walk.js";

/** Where a box lies in an array: the place of its first element and the steps along its dimensions, in elements. */
export interface Place {
  readonly operand: Operand;
  readonly start: number;
  readonly strides: readonly number[];
}

/** Copies a box of `sizes` elements from one place to another: four bytes an element, whatever they mean. */
export function copyBox(label: string, sizes: readonly number[], from: Place, to: Place, caps: Caps): Dispatch {
  const box = mergeDims(sizes, [from.strides, to.strides]);
  const width = isWide(box, from, to) ? 4 : 1;
  const last = box.sizes.length - 1;
  const steps = box.sizes.map((n, d) => (d === last ? n / width : n));
  const [fromStrides, toStrides] = box.strides.map((row) => row.map((n, d) => (d === last ? n : n / width)));
  const uniforms: Record<string, Uniform> = {
    size: u32(sizeOf(steps)),
    from_start: u32(from.start / width),
    to_start: u32(to.start / width),
    ...walkUniforms(steps, { from: fromStrides, to: toStrides }),
  };
  const type = width === 4 ? "vec4u" : "u32";
  return kernel({
    label,
    about: `copies a box, ${width === 4 ? "four elements" : "one element"} a step, between strides`,
    uniforms,
    bindings: { from_in: read(type, from.operand), out: write(type, to.operand) },
    code: gridLoop([...walk(["from", "to"], steps.length), "out[u.to_start + to_i] = from_in[u.from_start + from_i];"]),
    groups: gridGroups(sizeOf(steps), caps),
  });
}

/** Whether both places run along the innermost dimension and everything is a multiple of four elements. */
function isWide({ sizes, strides }: { sizes: number[]; strides: number[][] }, from: Place, to: Place): boolean {
  const last = sizes.length - 1;
  const aligned = [from.start, to.start, ...strides.flatMap((row) => row.slice(0, -1)), sizes[last]];
  return last >= 0 && strides.every((row) => row[last] === 1) && aligned.every((n) => n % 4 === 0);
}

/** Sets the first `size` elements to the four bytes `bits`, and up to three of the padding that follows. */
export function fill(label: string, size: number, bits: number, to: Operand, caps: Caps): Dispatch {
  const steps = Math.ceil(size / 4);
  return kernel({
    label,
    about: "fills with one value, four elements a step",
    uniforms: { size: u32(steps), bits: u32(bits) },
    bindings: { out: write("vec4u", to) },
    code: gridLoop(["out[i] = vec4u(u.bits);"]),
    groups: gridGroups(steps, caps),
  });
}
