// A product C = A·B over operands that WGSL functions read: the contract between matmul, linear, the convolutions and the tiles.
import type { Binding, Uniform } from "./kernel.js";
import { u32 } from "./kernel.js";

/** C[row, col] = Σ_k A[row, k] · B[k, col], once for each of `batches`. */
export interface Product {
  readonly label: string;
  /** What rows, columns and k stand for: the head comment of the WGSL. */
  readonly about: string;
  readonly batches: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Uniforms beside `m`, `n`, `k`, and the arrays that `functions` use. */
  readonly uniforms: Readonly<Record<string, Uniform>>;
  readonly bindings: Readonly<Record<string, Binding>>;
  /** How many k are read at once: 4 where k is a multiple of four and both operands can be read so, else 1. */
  readonly step: 1 | 4;
  /**
   * WGSL: how operands are read and results written. A cursor is whatever reading needs to know of a row of A, or of
   * four columns of B; it is made once, outside the loop over k. Rows are in range; columns start at a multiple of
   * four and may pass the end: reading them must stay in bounds, storing them must do nothing.
   *
   *     alias ACursor = …; fn a_cursor(batch: u32, row: u32) -> ACursor
   *     alias BCursor = …; fn b_cursor(batch: u32, col: u32) -> BCursor
   *     fn put4(batch: u32, row: u32, col: u32, value: vec4f)
   *     fn a_at(cursor: ACursor, k: u32) -> f32        // with step 1
   *     fn b_at(cursor: BCursor, k: u32) -> vec4f
   *     fn a_at4(cursor: ACursor, k: u32) -> vec4f     // with step 4: k … k + 3
   *     fn b_at4(cursor: BCursor, k: u32) -> mat4x4f   // a vec4f for each k
   */
  readonly functions: string;
}

/** The integers below `n`: text is unrolled over them. */
export const below = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** `text` of each integer below `n`, a line each. */
export const lines = (n: number, text: (i: number) => string): string => below(n).map(text).join("\n");

/** The uniforms of a product on a grid of tiles, `across` columns by `down` rows of them a batch. */
export function gridUniforms(p: Product, across: number, down: number): Record<string, Uniform> {
  const tiles = across * down * p.batches;
  return {
    m: u32(p.m),
    n: u32(p.n),
    k: u32(p.k),
    across: u32(across),
    down: u32(down),
    tiles: u32(tiles),
    ...p.uniforms,
  };
}
