import { ServeError } from '../core/errors.ts';
import type { Parameter } from './model-config.ts';

/** A value of a JSON file with its path, so that whoever finds it wrong can say where it stands. */
export class Node {
  constructor(
    private readonly value: unknown,
    private readonly path: string,
    private readonly file: string,
  ) {}

  /** Fails with `bad_argument`: `config.json: input[0].dims[1] is -3, must be …`. */
  fail(must: string): never {
    const shown = this.value === undefined ? 'missing' : JSON.stringify(this.value).slice(0, 80);
    const path = this.path === '' ? 'the whole file' : this.path;
    throw new ServeError('bad_argument', `${this.file}: ${path} is ${shown}: ${must}`);
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  /** An object without fields, under the same path. */
  empty(): Node {
    return new Node({}, this.path, this.file);
  }

  /** This value where it is present, read by `read`; else `otherwise`. */
  optional<T>(otherwise: T, read: (node: this) => T): T {
    return this.value === undefined ? otherwise : read(this);
  }

  /** An object with no fields but these. */
  fields(known: readonly string[]): this {
    for (const name of this.names()) {
      if (!known.includes(name)) this.at(name).fail(`unknown field; known are ${known.join(', ')}`);
    }
    return this;
  }

  names(): string[] {
    return Object.keys(this.#object());
  }

  at(name: string): Node {
    const object = this.#object();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new Node(value, this.path === '' ? name : `${this.path}.${name}`, this.file);
  }

  map<T>(read: (node: Node) => T): Record<string, T> {
    return Object.fromEntries(this.names().map((name) => [name, read(this.at(name))]));
  }

  get isList(): boolean {
    return Array.isArray(this.value);
  }

  list(min: number, max: number): Node[] {
    const { value } = this;
    if (!Array.isArray(value)) this.fail('must be a list');
    const list = value as unknown[];
    if (list.length < min || list.length > max) this.fail(`must hold ${min}..${max} entries`);
    return list.map((each, at) => new Node(each, `${this.path}[${at}]`, this.file));
  }

  text(max: number): string {
    const { value } = this;
    if (typeof value === 'string' && value.length >= 1 && value.length <= max) return value;
    return this.fail(`must be a text of 1..${max} characters`);
  }

  /** Absent, or just this. */
  only(value: string | boolean): void {
    if (this.value !== undefined && this.value !== value) this.fail(`must be ${value} or absent`);
  }

  /** The name of a file in the same folder. */
  fileName(): string {
    const name = this.text(255);
    if (/^[\w.-]+$/.test(name) && !name.startsWith('.')) return name;
    return this.fail('must be a file name');
  }

  oneOf<T extends string>(values: readonly T[]): T {
    const value = values.find((each) => each === this.value);
    return value ?? this.fail(`must be one of ${values.join(', ')}`);
  }

  flag(): boolean {
    const { value } = this;
    return typeof value === 'boolean' ? value : this.fail('must be true or false');
  }

  integer(min: number, max: number): number {
    const { value } = this;
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) {
      return value as number;
    }
    return this.fail(`must be an integer in ${min}..${max}`);
  }

  number(min: number, max: number): number {
    const { value } = this;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    return this.fail(`must be a number in ${min}..${max}`);
  }

  /** The value under `name` where this is an object of that one field; else this. */
  unwrapped(name: string): Node {
    const { value } = this;
    const wraps = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    return wraps && Object.keys(value).length === 1 ? this.at(name) : this;
  }

  parameter(): Parameter {
    const { value } = this;
    const plain = (each: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof each);
    if (plain(value)) return value as Parameter;
    const same = Array.isArray(value) && value.every((each) => typeof each === typeof value[0]);
    if (same && (value.length === 0 || plain(value[0]))) return value as Parameter;
    return this.fail('must be a text, a number, a boolean, or a list of texts or numbers');
  }

  #object(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail('must be an object');
    }
    return value as Record<string, unknown>;
  }
}
