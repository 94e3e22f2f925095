// What a reduction does, as data: WGSL expressions, the arrays they read and write, and how lanes share the work.
import type { Caps, Operand } from "../../tensor/op.js";
import type { Uniform } from "./kernel.js";
import type { ReduceLayout } from "./reduceLayout.js";
import type { Team } from "./team.js";

/** What is done with the elements, as WGSL expressions. */
export interface Reducer {
  /** Type of what is carried along, and its start. */
  readonly state: string;
  readonly init: string;
  /** The state after one more element: of the state `s`, the elements, their number `i`, and what else is in scope. */
  readonly fold: string;
  /** Two states in one: of `a` and `b`. */
  readonly merge: string;
  /** The result: of the state `s` and the values of `each`; default `s`. Its type, where it is not that of the state. */
  readonly finish?: string;
  readonly result?: string;
  readonly functions?: string;
  readonly uniforms?: Readonly<Record<string, Uniform>>;
}

/** An array that a reducer reads, of WGSL `type`. */
export interface Source {
  readonly type: string;
  readonly operand: Operand;
  /** For a value per output, where it is found: of `output`, the default. */
  readonly index?: string;
}

/** Where a result goes: an expression of the state `s` and the values of `each`. */
export interface Target {
  readonly type: string;
  readonly operand: Operand;
  readonly value: string;
}

export interface ReduceCall {
  readonly label: string;
  readonly layout: ReduceLayout;
  /** Arrays of the layout's shape, folded together, by name. */
  readonly elements: Readonly<Record<string, Source>>;
  /** One value per output, by name, such as the mean for a variance. */
  readonly each?: Readonly<Record<string, Source>>;
  /** One value per element number `i`, by name. */
  readonly along?: Readonly<Record<string, Source>>;
  readonly reducer: Reducer;
  readonly targets: readonly Target[];
  readonly uniforms?: Readonly<Record<string, Uniform>>;
  readonly caps: Caps;
  /** Where to keep partial results between two phases. */
  readonly partials: Operand;
}

/** How a kernel shares the work: `lanes` to a run; `width` elements of a run, or `across` neighbouring outputs, a load. */
export interface WorkShape {
  readonly team: Team | null;
  readonly lanes: number;
  readonly workgroup: number;
  readonly width: 1 | 4;
  readonly across: 1 | 4;
  readonly block: number;
}
