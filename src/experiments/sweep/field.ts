// A value of a JSON document that a person wrote: checked where it stands, so that an error names the place.
import { ConfigError } from "../../tensor/index.js";

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/** Every method throws ConfigError, with the path of the value, when it is not what is asked for. */
export class Field {
  /**
   * @param source name of the document
   * @param place of the value in it: `grids[0].rates`; "" for all of it
   */
  constructor(
    readonly value: unknown,
    private readonly source: string,
    private readonly place = "",
  ) {}

  /** As errors show it: `sweep.json: grids[0].rates`. */
  get path(): string {
    return this.place === "" ? this.source : `${this.source}: ${this.place}`;
  }

  /** The fields of an object that may have these keys and no others; an absent one holds undefined. */
  object<K extends string>(keys: readonly K[]): Record<K, Field> {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) this.refuse("no object");
    const own = this.value as Record<string, unknown>;
    const odd = Object.keys(own).find((key) => !keys.includes(key as K));
    if (odd !== undefined) this.at(odd).refuse("not known here", `known are ${keys.join(", ")}`);
    return Object.fromEntries(keys.map((key) => [key, this.at(key, own[key])])) as Record<K, Field>;
  }

  /** Every field of an object, whatever its keys, in its order. */
  entries(): [string, Field][] {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) this.refuse("no object");
    return Object.entries(this.value as object).map(([key, value]) => [
      key,
      new Field(value, this.source, this.below(key)),
    ]);
  }

  /** Fields of an object by name, others beside them: one that it lacks is absent. */
  fields(): Record<string, Field> {
    return new Proxy(Object.fromEntries(this.entries()), {
      get: (own, key) => {
        const name = String(key);
        return Object.hasOwn(own, name) ? own[name] : new Field(undefined, this.source, this.below(name));
      },
    });
  }

  /** The elements of a list, which may be empty; `count` of them where it is given. */
  elements(count?: number): Field[] {
    if (!Array.isArray(this.value)) return this.refuse("no list");
    if (count !== undefined && this.value.length !== count) this.refuse(`no list of ${count}`);
    return this.value.map((value, i) => new Field(value, this.source, `${this.place}[${i}]`));
  }

  /** The elements of a list that is not empty. */
  list(): Field[] {
    const elements = Array.isArray(this.value) ? this.elements() : [];
    return elements.length > 0 ? elements : this.refuse("no list with something in it");
  }

  /** The elements of a list, or the value itself where there is none. */
  oneOrMore(): Field[] {
    return Array.isArray(this.value) ? this.list() : [this];
  }

  name<N extends string>(known: readonly N[]): N {
    if (known.includes(this.value as N)) return this.value as N;
    return this.refuse("unknown", `known are ${known.join(", ")}`);
  }

  text(): string {
    return typeof this.value === "string" && this.value !== "" ? this.value : this.refuse("no text");
  }

  boolean(): boolean {
    return typeof this.value === "boolean" ? this.value : this.refuse("neither true nor false");
  }

  number(range: Range = {}): number {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
    const value = typeof this.value === "number" ? this.value : Number.NaN;
    const fits = range.integer ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (fits && value >= min && value <= max) return value;
    const bounds = Object.entries({ "≥": range.min, "≤": range.max });
    const stated = bounds.filter(([, bound]) => bound !== undefined).map((pair) => pair.join(" "));
    return this.refuse(`no ${range.integer ? "integer" : "finite number"} ${stated.join(" and ")}`.trimEnd());
  }

  get absent(): boolean {
    return this.value === undefined;
  }

  /** The value as `read` makes it, or `otherwise` where there is none. */
  or<T>(otherwise: T, read: (field: Field) => T): T {
    return this.absent ? otherwise : read(this);
  }

  refuse(what: string, help = ""): never {
    throw new ConfigError(`${this.path}: ${this.absent ? "missing" : `${shown(this.value)} is ${what}`}`, help);
  }

  private at(key: string, value = (this.value as Record<string, unknown>)[key]): Field {
    return new Field(value, this.source, this.below(key));
  }

  private below(key: string): string {
    return this.place === "" ? key : `${this.place}.${key}`;
  }
}

/** As JSON, of which 80 characters tell enough. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
