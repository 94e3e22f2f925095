// What optimisers share: parameters, a learning rate that is data, and state by name.
import { formatValue } from "../../tensor/arguments.js";
import {
  ConfigError,
  type Device,
  deviceOf,
  full,
  keep,
  noGrad,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../../tensor/index.js";
import { Parameter } from "../parameter.js";
import { assignState } from "../state.js";

/** Throws ConfigError, with `help`, unless all `rates` are finite, in f32 too, and not negative; 0 is valid. */
export function checkRates(
  owner: string,
  rates: Readonly<Record<string, number>>,
  help = "use a finite number ≥ 0; a rate of 0 freezes the parameters",
): void {
  for (const [name, value] of Object.entries(rates)) {
    if (Number.isFinite(value) && value >= 0 && Math.fround(value) < Number.POSITIVE_INFINITY) continue;
    throw new ConfigError(`${owner}: ${name} is ${formatValue(value)}`, help);
  }
}

/** What an optimiser changes: by name, as `namedParameters()` gives it, or a list, named by its positions. */
export type Parameters = ReadonlyMap<string, Parameter> | readonly Parameter[];

/** The parameters by name. Throws ConfigError for what is none. */
function byName(owner: string, parameters: Parameters): ReadonlyMap<string, Parameter> {
  const entries = Array.isArray(parameters) ? parameters.map((p, i) => [String(i), p] as const) : parameters;
  const named = entries instanceof Map || Array.isArray(entries) ? new Map<string, Parameter>(entries) : null;
  if (named && [...named.values()].every((parameter) => parameter instanceof Parameter)) return named;
  throw new ConfigError(
    `${owner}: parameters is ${formatValue(parameters)}, and not of parameters alone`,
    "pass model.namedParameters(), or model.parameters()",
  );
}

/** A tensor that an optimiser changes, and its next value. */
export type Update = readonly [target: Tensor, value: Tensor];

/** Takes over values that are all there: nothing can fail between the first and the last. */
export function assignAll(updates: Iterable<Update>): void {
  for (const [target, value] of updates) target.assign(value);
}

/** Updates named parameters from their `.grad`, with state tensors shaped like them that start at zero. */
export abstract class Optimizer {
  protected readonly parameters: ReadonlyMap<string, Parameter>;
  /** Where the parameters are, and so everything that is made for them; the current device where there are none. */
  protected readonly device: Device;
  readonly #state = new Map<string, Tensor>();
  readonly #always: Tensor;
  readonly #lrTensor: Tensor;
  #lr: number;

  /**
   * `slots` names one state tensor a parameter each. Throws ConfigError for any of `rates` (momentum and decay too) that
   * is negative or not finite, DeviceError for parameters on several devices, OutOfMemoryError; then nothing was made.
   */
  constructor(
    parameters: Parameters,
    rates: Readonly<Record<string, number>> & { readonly lr: number },
    slots: readonly string[],
  ) {
    checkRates(new.target.name, rates);
    this.parameters = byName(new.target.name, parameters);
    this.#lr = rates.lr;
    const device = deviceOf(this.parameters.values());
    this.device = device;
    [this.#lrTensor, this.#always] = scope(() => {
      const own = [tensor(rates.lr, null, { device }), full([], 1, { dtype: "bool", device })] as const;
      for (const [name, { shape }] of this.parameters) {
        for (const slot of slots) this.#state.set(`${name}.${slot}`, zeros(shape, { device }));
      }
      for (const made of [...own, ...this.#state.values()]) keep(made);
      return own;
    });
  }

  /** The learning rate; setting it takes effect at the next step. Throws ConfigError if negative or not finite. */
  get lr(): number {
    return this.#lr;
  }

  set lr(value: number) {
    checkRates(this.constructor.name, { lr: value });
    scope(() => this.#lrTensor.assign(tensor(value, null, { device: this.device })));
    this.#lr = value;
  }

  /**
   * What makes the rate `lr · scale`, with `scale` a scalar on the device, until `lr` is set or another scale is taken
   * over. As with `updates`, the value belongs to the caller's scope.
   */
  scaledRate(scale: Tensor): Update {
    return [this.#lrTensor, noGrad(() => scale.mul(this.#lr))];
  }

  /** The rate as data: a captured step reads it anew at every replay. */
  protected get lrTensor(): Tensor {
    return this.#lrTensor;
  }

  /**
   * Updates every parameter that has a gradient. Where `ok`, a bool scalar, is false, parameters and state stay as they
   * are: decided on the device, so that refusing a bad batch costs no read-back.
   */
  step(ok: Tensor = this.#always): void {
    noGrad(() => scope(() => assignAll(this.updates(ok))));
  }

  /**
   * What a step would change, computed and not yet taken over: for whoever steps several optimisers together, so that all
   * or none change. The values belong to the caller's scope; call it in `noGrad`.
   */
  updates(ok: Tensor): Update[] {
    return [...this.parameters].flatMap(([name, parameter]) =>
      parameter.grad ? this.update(name, parameter, parameter.grad, ok) : [],
    );
  }

  protected abstract update(name: string, parameter: Parameter, gradient: Tensor, ok: Tensor): Update[];

  /** The state tensor `slot` of the parameter `name`. */
  protected slot(name: string, slot: string): Tensor {
    return this.#state.get(`${name}.${slot}`) as Tensor;
  }

  /** Adds a state tensor that belongs to no parameter. */
  protected addState(name: string, value: Tensor): void {
    this.#state.set(name, keep(value));
  }

  /** Drops all gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters.values()) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
  }

  /** State tensors by `parameter.slot`: the optimiser's own, not copies. */
  state(): ReadonlyMap<string, Tensor> {
    return this.#state;
  }

  /** Takes over the values of `state`, all or none. Throws CheckpointError listing everything that does not fit. */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    assignState(
      this.constructor.name,
      this.#state,
      this.currentNames(state),
      {},
      "pass the state of such an optimiser",
    );
  }

  /** `saved` with the names of today for what earlier releases saved under others. All names begin with `prefix`. */
  currentNames(saved: ReadonlyMap<string, Tensor>, _prefix = ""): ReadonlyMap<string, Tensor> {
    return saved;
  }

  /** Sets all state back to zero. Throws OutOfMemoryError, and then nothing has changed. */
  reset(): void {
    scope(() => assignAll(this.initialState()));
  }

  /** What a reset changes, and to what: see `updates`. */
  initialState(): Update[] {
    return [...this.#state.values()].map((own) => [own, zeros(own.shape, { device: this.device })]);
  }

  /** Frees its state, not the parameters. */
  dispose(): void {
    for (const tensor of [...this.#state.values(), this.#lrTensor, this.#always]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
