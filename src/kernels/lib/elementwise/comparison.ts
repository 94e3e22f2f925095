// The comparison preset: bool results of two operands; every comparison with NaN is false, but for `ne`.
import { type ErrorSample, exact, type Op, type Sample } from "../../../tensor/op.js";
import { EDGE_COLUMN, EDGES, of } from "../declare/sample.js";
import { elementwise } from "./elementwise.js";

/** A comparison of two tensors, element by element, as `comparison` takes it. */
export interface Comparison {
  readonly name: string;
  readonly doc: string;
  /** The WGSL operator, which is also JavaScript's but for equality. */
  readonly operator: "==" | "!=" | "<" | "<=" | ">" | ">=";
  value(a: number, b: number): boolean;
  /** Whether bool operands have this comparison. */
  readonly bools?: boolean;
}

/** An op from its operator. Drivers may fold comparisons as if NaN did not occur, so it is looked for in the bits. */
export function comparison({ name, doc, operator, value, bools }: Comparison): Op<undefined, []> {
  const numbers = `a ${operator} b`;
  const floating = operator === "!=" ? `${numbers} || unordered(a, b)` : `${numbers} && !unordered(a, b)`;
  return elementwise({
    name,
    doc,
    inputs: ["a", "b"],
    dtypes: bools ? ["f32", "i32", "u32", "bool"] : ["f32", "i32", "u32"],
    result: () => "bool",
    wgsl: (dtype) => (dtype === "f32" ? floating : numbers),
    value: ([a, b]) => Number(value(a, b)),
    tolerance: exact,
    samples: samples(bools),
    errors: errors(bools),
  });
}

function samples(bools = false): Sample[] {
  const integers = { shape: [5, 13], dtype: "i32", range: [-2, 3] } as const;
  const bits = { shape: [9], dtype: "bool" } as const;
  return [
    of([2, 65], [65]),
    of([3, 4], []),
    of([0, 3], [3]),
    of(EDGE_COLUMN, EDGES),
    of(integers, { ...integers, shape: [13] }),
    of({ shape: [3], dtype: "u32", values: [0, 1, 4294967295] }, { shape: [3], dtype: "u32", values: [1, 1, 1] }),
    ...(bools ? [of(bits, bits)] : []),
  ];
}

function errors(bools = false): ErrorSample[] {
  const bits = { shape: [2], dtype: "bool" } as const;
  return [
    { ...of([2, 3], [4]), throws: "ShapeError" },
    { ...of([2], { shape: [2], dtype: "i32" }), throws: "DTypeError" },
    ...(bools ? [] : [{ ...of(bits, bits), throws: "DTypeError" } as const]),
  ];
}
