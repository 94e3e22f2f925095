// Modules: layers and models, whose parameters, buffers and submodules are their fields.
import { formatValue } from "../tensor/arguments.js";
import { ConfigError, Tensor } from "../tensor/index.js";
import { Parameter } from "./parameter.js";
import { assignState, type MatchOptions } from "./state.js";

/**
 * A part of a model. Fields that are Parameters are learned, other Tensor fields are buffers (running statistics), and
 * Module fields are parts; names are PyTorch's, `layer1.0.conv1.weight`, when the fields are named as there. Arrays are not
 * searched: put a list of modules in a Sequential.
 */
export abstract class Module {
  /** Whether layers with two modes (batch norm) are in training mode: see `train()` and `eval()`. */
  training = true;

  /** The result for `inputs`, recorded where they or the parameters want a gradient. */
  abstract forward(...inputs: Tensor[]): Tensor;

  /** Submodules by field name; lists override this. */
  children(): Map<string, Module> {
    return fieldsOf(this, (value): value is Module => value instanceof Module);
  }

  /** This module and all below it, by dotted path; the root's is "". Each once, by its first path. */
  *namedModules(prefix = "", seen = new Set<Module>()): Generator<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, child] of this.children()) yield* child.namedModules(join(prefix, name), seen);
  }

  /**
   * Parameters of this module and all below it, by dotted path below `prefix`. One that is shared comes once, by its first
   * path: an optimiser must not step it twice.
   */
  namedParameters(prefix = ""): Map<string, Parameter> {
    return firsts(this.#tensors(prefix), (value): value is Parameter => value instanceof Parameter);
  }

  /** Tensors that are not learned, each once, by dotted path. */
  namedBuffers(): Map<string, Tensor> {
    return firsts(this.#tensors(), (value): value is Tensor => !(value instanceof Parameter));
  }

  /** Parameters as PyTorch lists them: each once, without names. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** Parameters and buffers by PyTorch's key names, shared ones by each: the module's own tensors, not copies. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#tensors());
  }

  /**
   * Takes over the values of `state`, all or none; not `strict`, those whose keys are there. Throws CheckpointError with the
   * number of those that do not fit, and the first ten.
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, options: MatchOptions = {}): this {
    assignState(this.constructor.name, this.stateDict(), state, options);
    return this;
  }

  /** Puts this module and all below it in training mode. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Puts this module and all below it in evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /** Marks every parameter as wanting a gradient, or not. */
  requiresGrad(value: boolean): this {
    for (const parameter of this.parameters()) parameter.setRequiresGrad(value);
    return this;
  }

  /** Frees all parameters and buffers. */
  dispose(): void {
    for (const tensor of this.stateDict().values()) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Not of those that this is a part of (`above`): one that refers back to its model is no part of itself. */
  *#tensors(prefix = "", above: readonly Module[] = []): Generator<[string, Tensor]> {
    const own = fieldsOf(this, (value): value is Tensor => value instanceof Tensor);
    for (const [name, value] of own) yield [join(prefix, name), value];
    const path = [...above, this];
    for (const [name, child] of this.children()) {
      if (!path.includes(child)) yield* child.#tensors(join(prefix, name), path);
    }
  }
}

/** The first entry of every value that is wanted. */
function firsts<T extends Tensor>(
  entries: Iterable<[string, Tensor]>,
  wanted: (value: Tensor) => value is T,
): Map<string, T> {
  const seen = new Set<Tensor>();
  const found = new Map<string, T>();
  for (const [name, value] of entries) {
    if (wanted(value) && !seen.has(value)) found.set(name, value);
    seen.add(value);
  }
  return found;
}

function fieldsOf<T>(module: Module, wanted: (value: unknown) => value is T): Map<string, T> {
  return new Map(Object.entries(module).filter((entry): entry is [string, T] => wanted(entry[1])));
}

function join(prefix: string, name: string): string {
  return prefix ? `${prefix}.${name}` : name;
}

/** Modules applied one after another, named "0", "1", … */
export class Sequential extends Module {
  readonly #parts: readonly Module[];

  constructor(...parts: Module[]) {
    super();
    const odd = parts.findIndex((part) => !(part instanceof Module));
    if (odd >= 0) {
      throw new ConfigError(
        `Sequential: part ${odd} is ${formatValue(parts[odd])}`,
        "pass modules, one after another: new Sequential(...layers)",
      );
    }
    this.#parts = parts;
  }

  override children(): Map<string, Module> {
    return new Map(this.#parts.map((part, i) => [String(i), part]));
  }

  forward(x: Tensor): Tensor {
    return this.#parts.reduce((value, part) => part.forward(value), x);
  }
}
