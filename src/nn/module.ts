// Modules: layers and models, whose parameters, buffers and submodules are their fields.
import { Tensor } from "../tensor/index.js";
import { Parameter } from "./parameter.js";
import { assignState } from "./state.js";

/**
 * A part of a model. Fields that are Parameters are learned, other Tensor fields are buffers (running statistics), and
 * Module fields are parts; names are PyTorch's, `layer1.0.conv1.weight`, when the fields are named as there.
 */
export abstract class Module {
  /** Whether layers with two modes (batch norm) are in training mode: see `train()` and `eval()`. */
  training = true;

  abstract forward(...inputs: Tensor[]): Tensor;

  /** Submodules by field name; lists override this. */
  children(): Map<string, Module> {
    return fieldsOf(this, (value): value is Module => value instanceof Module);
  }

  /** This module and all below it, by dotted path; the root's is "". */
  *namedModules(prefix = ""): Generator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.children()) yield* child.namedModules(join(prefix, name));
  }

  /** Parameters of this module and all below it, by dotted path below `prefix`. */
  namedParameters(prefix = ""): Map<string, Parameter> {
    return this.#collect((value): value is Parameter => value instanceof Parameter, prefix);
  }

  namedBuffers(): Map<string, Tensor> {
    return this.#collect((value): value is Tensor => value instanceof Tensor && !(value instanceof Parameter));
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** Parameters and buffers by PyTorch's key names: the module's own tensors, not copies. */
  stateDict(): Map<string, Tensor> {
    return this.#collect((value): value is Tensor => value instanceof Tensor);
  }

  /** Takes over the values of `state`, all or none. Throws CheckpointError listing everything that does not fit. */
  loadStateDict(state: ReadonlyMap<string, Tensor>): this {
    assignState(this.constructor.name, this.stateDict(), state);
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

  #collect<T extends Tensor>(wanted: (value: unknown) => value is T, root = ""): Map<string, T> {
    const found = new Map<string, T>();
    for (const [prefix, module] of this.namedModules(root)) {
      for (const [name, value] of fieldsOf(module, wanted)) found.set(join(prefix, name), value);
    }
    return found;
  }
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
    this.#parts = parts;
  }

  override children(): Map<string, Module> {
    return new Map(this.#parts.map((part, i) => [String(i), part]));
  }

  forward(x: Tensor): Tensor {
    return this.#parts.reduce((value, part) => part.forward(value), x);
  }
}
