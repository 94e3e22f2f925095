// Sums of products C = A·B over operands that WGSL functions read: the contract between the ops that are such sums
// (matmul, linear, convolutions and their gradients) and the tiles that compute them.
import type { Dispatch } from "../../../tensor/op.js";
import { type Binding, kernel, scratch, type Uniform, u32, write } from "../text/kernel.js";

/** One loop of the sum over k. */
export interface Loop {
  /** The index: a WGSL variable. */
  readonly index: string;
  /** The name of a uniform: how many values the index takes. */
  readonly extent: string;
  readonly count: number;
}

/** C[row, col] = Σ_k A[row, k] · B[k, col], once for each of `batches`. */
export interface Product {
  readonly label: string;
  /** What rows, columns and k stand for: the head comment of the WGSL. */
  readonly about: string;
  readonly batches: number;
  readonly m: number;
  readonly n: number;
  /** k as nested loops, outermost first: `a_at` and `b_at` take an index of each. */
  readonly sum: readonly Loop[];
  /** What the functions use beside `u.m`, `u.n`, `u.batches` and the extents of `sum`. */
  readonly uniforms: Readonly<Record<string, Uniform>>;
  readonly reads: Readonly<Record<string, Binding>>;
  readonly writes: Readonly<Record<string, Binding>>;
  /**
   * WGSL over `reads`. A cursor is whatever reading needs to know of a row of A, or of four columns of B; it is made
   * once, outside the loops. Rows are in range; columns start at a multiple of four and may pass the end: reading them
   * must stay in bounds, and what it gives is dropped.
   *
   *     alias ACursor = …; fn a_cursor(batch: u32, row: u32) -> ACursor
   *     alias BCursor = …; fn b_cursor(batch: u32, col: u32) -> BCursor
   *     fn a_at(cursor: ACursor, k: u32) -> f32
   *     fn b_at(cursor: BCursor, k: u32) -> vec4f
   */
  readonly operands: string;
  /**
   * Whether k is one loop over a multiple of four that is read four at a time, by `a_at4(cursor, k) -> vec4f` and
   * `b_at4(cursor, k) -> mat4x4f`, a column for each k: only where `usesSubgroupTile`, and then there is nothing else.
   */
  readonly byFours?: boolean;
  /** Whether neighbours in k, rather than in rows or columns, are neighbours in memory. */
  readonly alongK: { readonly a: boolean; readonly b: boolean };
  /**
   * Whether it is faster to unroll the innermost loop: `b_window` takes the other indices, and gives what `read` makes
   * B's four columns of at each tap, a WGSL expression in the name of the window.
   */
  readonly unrolled?: { readonly taps: number; read(tap: number, window: string): string };
  /**
   * WGSL over `writes`, without the extents of `sum`: how results are stored; columns past the end must be dropped.
   *
   *     alias CCursor = …; fn c_cursor(batch: u32, col: u32) -> CCursor
   *     fn put4(cursor: CCursor, row: u32, value: vec4f)
   */
  readonly store: string;
}

/** How a product is cut into tiles. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  /** Parts of the outermost loop, added up by a second kernel: a product of few tiles has more of them this way. */
  readonly parts: number;
}

/** The WGSL of a tile. */
export interface TileText {
  readonly variant: string;
  readonly about: string;
  readonly enable?: string;
  /** Tiles that a workgroup computes; default 1. */
  readonly tilesPerGroup?: number;
  /** `main`, which finds its work by `place(tile, wg.z)`, and stores at `c_cursor(t.out, …)`. */
  readonly code: string;
}

/** `text` of each integer below `n`, a line each unless there is a separator. */
export const lines = (n: number, text: (i: number) => string, separator = "\n"): string =>
  Array.from({ length: n }, (_, i) => text(i)).join(separator);

/** Number of tiles of all batches, in each part. */
export function tileCount({ m, n, batches }: Product, { rows, columns }: Omit<Grid, "parts">): number {
  return Math.ceil(m / rows) * Math.ceil(n / columns) * batches;
}

/** How many values of the outermost loop a part has. */
export function shareOf({ sum, byFours }: Product, parts: number): number {
  const unit = byFours ? 4 : 1;
  return unit * Math.ceil(sum[0].count / parts / unit);
}

/** The loops of the sum around `body`; the outermost runs over part `wg.z` of its values, in steps. */
export function sumLoops(sum: readonly Loop[], body: string, step = 1): string {
  const [{ index, extent }, ...inner] = sum;
  const open = inner.map(
    (loop) => ` for (var ${loop.index} = 0u; ${loop.index} < u.${loop.extent}; ${loop.index}++) {`,
  );
  const from = "wg.z * u.share";
  return `  for (var ${index} = ${from}; ${index} < min(${from} + u.share, u.${extent}); ${index} += ${step}u) {${open.join("")}
${body}
  }${" }".repeat(inner.length)}`;
}

/** For tiles that count k in one loop: the `start` and `end` of part `wg.z`. */
export function partOfSum([outer, ...inner]: readonly Loop[]): string {
  return `  let inner = ${["1u", ...inner.map(({ extent }) => `u.${extent}`)].join(" * ")}; // k for each value of the outermost loop
  let start = wg.z * u.share * inner;
  let end = min((wg.z + 1u) * u.share, u.${outer.extent}) * inner;`;
}

/** The indices of the loops that `k`, counted over all of them, stands for. */
export function decode(sum: readonly Loop[], k: string): string {
  return lines(sum.length, (i) => {
    const { index, extent } = sum[i];
    const inner = sum.slice(i + 1).reverse();
    return `      let ${index} = ${k}${inner.map((loop) => ` / u.${loop.extent}`).join("")}${i > 0 ? ` % u.${extent}` : ""};`;
  });
}

/** The launch of a tile over its grid. With several parts it writes their sums to scratch, for `addParts`. */
export function tileKernel(p: Product, grid: Grid, tile: TileText): Dispatch {
  const partial = grid.parts > 1;
  const workgroups = Math.ceil(tileCount(p, grid) / (tile.tilesPerGroup ?? 1));
  const code = `${p.operands.trim()}
${partial ? PUT_PART : p.store.trim()}

/// First column and row of a tile, its batch, and the batch of its results: of the first part, then of the second, …
struct Place { col: u32, row: u32, batch: u32, out: u32 }
fn place(tile: u32, part: u32) -> Place {
  let batch = tile / (u.across * u.down);
  return Place(tile % u.across * ${grid.columns}u, tile / u.across % u.down * ${grid.rows}u, batch, part * u.batches + batch);
}

${tile.code.trim()}`;
  return kernel({
    label: `${p.label}/${tile.variant}`,
    about: `${p.about}; ${tile.about}`,
    ...(tile.enable && { enable: tile.enable }),
    uniforms: {
      m: u32(p.m),
      n: u32(p.n),
      batches: u32(p.batches),
      across: u32(Math.ceil(p.n / grid.columns)),
      down: u32(Math.ceil(p.m / grid.rows)),
      tiles: u32(tileCount(p, grid)),
      share: u32(shareOf(p, grid.parts)),
      tile_rows: u32(grid.rows),
      ...Object.fromEntries(p.sum.map(({ extent, count }) => [extent, u32(count)])),
      ...p.uniforms,
    },
    bindings: { ...p.reads, ...(partial ? { parts: write("vec4f", scratch(0)) } : p.writes) },
    code,
    groups: partial ? [workgroups, 1, grid.parts] : workgroups,
  });
}

const PUT_PART = `struct CCursor { at: u32, exists: bool } // of element [batch, 0, col] of a part, in fours
fn c_cursor(batch: u32, col: u32) -> CCursor {
  return CCursor(batch * u.m * ((u.n + 3u) / 4u) + col / 4u, col < u.n);
}
fn put4(cursor: CCursor, row: u32, v: vec4f) {
  if (cursor.exists) { parts[cursor.at + row * ((u.n + 3u) / 4u)] = v; }
}`;
