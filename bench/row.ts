// What a benchmark found: one row of the table and of the JSON.

export interface BenchRow {
  /** What was run: an op and its inputs, or a method, its model and batch. */
  readonly work: string;
  /** Median of one call: on the device's clock, or of the wall (`clock`). */
  readonly ms: number;
  readonly clock: "device" | "wall";
  /** Median of one call by the wall's clock, encoding and waiting included. */
  readonly wallMs: number;
  /** 10⁹ arithmetic operations a second, for ops that declare how many they do. */
  readonly gflops?: number;
  /** 10⁹ bytes moved a second. */
  readonly gbs?: number;
  /** Kernel launches of one call. */
  readonly dispatches: number;
  /** Of an op: bytes that a call must move. Of a step: the most memory that model, method and step held. */
  readonly bytes: number;
  /** Share of what this machine could do: see `Peaks`. */
  readonly ofPeak?: number;
  /** Of a step: times the source's and Tent's, medians over rounds in which both ran. */
  readonly toSource?: number;
  readonly toTent?: number;
}

/** Median of at least one value; of two middle ones their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
