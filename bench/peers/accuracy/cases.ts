// What is compared: the golden fixtures (PyTorch in float64), and edge values with their results in float64.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTensors } from "../../../src/nn/index.js";
import type { Tensor } from "../../../src/tensor/index.js";
import type { HostArray } from "../library.js";
import type { AccuracyCase, PeerAttrs } from "./library.js";

/** A case, and what is right. */
export interface GoldenCase extends AccuracyCase {
  readonly id: string;
  readonly want: { readonly y: ArrayLike<number>; readonly gradients: readonly ArrayLike<number>[] };
}

interface ManifestCase {
  readonly id: string;
  readonly op: string;
  readonly file: string;
  readonly attrs: PeerAttrs;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly grads?: Readonly<Record<string, string>>;
  readonly gy?: string;
}

/** The cases of `folder`/manifest.json. */
export async function* goldenCases(folder: string): AsyncGenerator<GoldenCase> {
  const { cases } = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as { cases: ManifestCase[] };
  for (const file of new Set(cases.map((one) => one.file))) {
    const { tensors } = await loadTensors(join(folder, file));
    const host = async (key: string): Promise<HostArray> => {
      const { shape } = tensors.get(key) as Tensor;
      return { shape, data: Float32Array.from(await (tensors.get(key) as Tensor).data()) };
    };
    for (const { id, op, attrs, inputs, outputs, grads = {}, gy } of cases.filter((one) => one.file === file)) {
      const arrays = await Promise.all(
        Object.entries(inputs).map(async ([name, key]) => [name, await host(key)] as const),
      );
      const gradients = await Promise.all(Object.values(grads).map(host));
      yield {
        id,
        op,
        attrs,
        inputs: Object.fromEntries(arrays),
        leaves: Object.keys(grads),
        gy: gy === undefined ? null : await host(gy),
        want: { y: (await host(outputs.y)).data, gradients: gradients.map(({ data }) => data) },
      };
    }
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

const EDGES = Float32Array.of(
  ...[Number.NaN, 1 / 0, -1 / 0, 0, -0, 1, -1, 3.4e38, -3.4e38, 1e-30, 10, -10],
  ...[88, -88, 100, -100, 1e4, 1e6],
);

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  abs: Math.abs,
  cos: Math.cos,
  exp: Math.exp,
  log: Math.log,
  neg: (x) => -x,
  reciprocal: (x) => 1 / x,
  relu: (x) => Math.max(x, 0),
  rsqrt: (x) => 1 / Math.sqrt(x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sin: Math.sin,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  tanh: Math.tanh,
};

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  mul: (a, b) => a * b,
  pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === 1 / 0) ? 1 : a ** b), // C's rule
  sub: (a, b) => a - b,
};

/** Rows with NaN, with infinities, and with large values. */
const ROWS = [
  [1, Number.NaN, 2],
  [-1 / 0, -1 / 0, 0],
  [1e4, -1e4, 9999],
];

const ROWWISE: Readonly<Record<string, (row: readonly number[]) => readonly number[]>> = {
  logsumexp: (row) => [Math.max(...row) + Math.log(row.reduce((s, x) => s + Math.exp(x - Math.max(...row)), 0))],
  max: (row) => [Math.max(...row)],
  min: (row) => [Math.min(...row)],
  softmax: (row) => {
    const e = row.map((x) => Math.exp(x - Math.max(...row)));
    return e.map((v) => v / e.reduce((s, x) => s + x, 0));
  },
  sum: (row) => [row.reduce((s, x) => s + x, 0)],
};

/** Calls on edge values, each of all edges at once. */
export function edgeCases(): GoldenCase[] {
  const n = EDGES.length;
  const array = (shape: readonly number[], data: ArrayLike<number>) => ({ shape, data: Float32Array.from(data) });
  const made = (
    op: string,
    inputs: Record<string, HostArray>,
    y: ArrayLike<number>,
    attrs: Partial<PeerAttrs> = {},
  ) => ({
    id: op,
    op,
    attrs: attrs as PeerAttrs,
    inputs,
    leaves: [],
    gy: null,
    want: { y, gradients: [] },
  });
  const [a, b] = [(i: number) => EDGES[Math.floor(i / n)], (i: number) => EDGES[i % n]];
  const pairs = (of: (i: number) => number) => Float64Array.from({ length: n * n }, (_, i) => of(i));
  return [
    ...Object.entries(UNARY).map(([op, f]) => made(op, { x: array([n], EDGES) }, Float64Array.from(EDGES, f))),
    ...Object.entries(BINARY).map(([op, f]) =>
      made(
        op,
        { a: array([n * n], pairs(a)), b: array([n * n], pairs(b)) },
        pairs((i) => f(a(i), b(i))),
      ),
    ),
    ...Object.entries(ROWWISE).map(([op, f]) =>
      made(op, { x: array([ROWS.length, ROWS[0].length], ROWS.flat()) }, ROWS.flatMap(f), {
        axis: 1,
        axes: [1],
        keepdim: false,
      }),
    ),
  ];
}
