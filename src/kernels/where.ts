// where: a where a condition holds, b elsewhere.
import { exact } from "../tensor/op.js";
import { EDGES, of } from "./lib/declare/sample.js";
import { elementwise } from "./lib/elementwise/elementwise.js";

declare module "../tensor/tensor.js" {
  interface Tensor {
    /** `a` where `this` (bool) holds, `b` elsewhere, with broadcasting. Throws ShapeError, DTypeError. */
    where(a: Tensor | number, b: Tensor | number): Tensor;
  }
}

export const where = elementwise({
  name: "where",
  doc: "a where the condition holds, b elsewhere, with broadcasting",
  inputs: ["condition", "a", "b"],
  conditions: ["condition"],
  dtypes: ["f32", "i32", "u32", "bool"],
  wgsl: "select(b, a, condition)",
  value: ([condition, a, b]) => (condition ? a : b),
  saves: ["condition"],
  vjp: (g, { condition }, { needs }) => [
    null,
    needs.a ? condition.where(g, 0) : null,
    needs.b ? condition.where(0, g) : null,
  ],
  tolerance: exact,
  samples: [
    of({ shape: [2, 65], dtype: "bool" }, [2, 65], [2, 65]),
    of({ shape: [3, 1], dtype: "bool" }, [4], []),
    of({ shape: [4], dtype: "bool" }, [2, 3, 1], [3, 4]),
    of({ shape: [10], dtype: "bool" }, EDGES, []),
    of({ shape: [5], dtype: "bool" }, { shape: [5], dtype: "i32" }, { shape: [], dtype: "i32" }),
    of({ shape: [5], dtype: "bool" }, { shape: [5], dtype: "bool" }, { shape: [5], dtype: "bool" }),
    {
      ...of({ shape: [4], dtype: "bool", values: [0, 1, 0, 1] }, [4], [4]),
      gradient: [1 / 0, -1 / 0, Number.NaN, Number.NaN],
      slopes: [null, [0, -1 / 0, 0, Number.NaN], [1 / 0, 0, Number.NaN, 0]],
    },
  ],
  errors: [
    { ...of([2], [2], [2]), throws: "DTypeError" },
    { ...of({ shape: [2], dtype: "bool" }, [2], { shape: [2], dtype: "i32" }), throws: "DTypeError" },
    { ...of({ shape: [3], dtype: "bool" }, [2], [2]), throws: "ShapeError" },
  ],
});
