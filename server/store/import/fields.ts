import { ServeError } from '../../core/errors.ts';
import { ID_RULE, isId, shown } from '../../wire/fields.ts';

/**
 * One row of a file, by field name. Each reader returns the field's value or fails with
 * `bad_argument` naming file line, field, what it holds and what it should.
 */
export class Fields {
  readonly #used = new Set<string>();

  constructor(
    readonly line: number, // in its file, from 1
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** As the file names them. */
  names(): string[] {
    return Object.keys(this.values);
  }

  /** The field as it stands in the file; '' where the line has none. */
  raw(name: string): string {
    const value = this.#value(name);
    return typeof value === 'string' ? value : '';
  }

  has(name: string): boolean {
    const value = this.#value(name);
    return value !== undefined && value !== null && value !== '';
  }

  text(name: string): string {
    const value = this.#value(name);
    if (typeof value === 'string') return value;
    return this.fail(name, 'text');
  }

  /** An id by the wire's rule: also a number, as some exports write them. */
  id(name: string): string {
    const value = this.#value(name);
    const text = typeof value === 'number' ? String(value) : value;
    return typeof text === 'string' && isId(text) ? text : this.fail(name, ID_RULE);
  }

  number(name: string): number {
    const value = this.#value(name);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    return this.fail(name, 'a number');
  }

  atLeast(name: string, least: number): number {
    const number = this.number(name);
    return number >= least ? number : this.fail(name, `a number of at least ${least}`);
  }

  integer(name: string): number {
    const number = this.number(name);
    return Number.isSafeInteger(number) ? number : this.fail(name, 'an integer');
  }

  bool(name: string): boolean {
    const value = this.#value(name);
    if (value === true || value === 'true' || value === '1') return true;
    if (value === false || value === 'false' || value === '0') return false;
    return this.fail(name, 'true or false');
  }

  list(name: string): readonly unknown[] {
    const value = this.#value(name);
    return Array.isArray(value) ? value : this.fail(name, 'a list');
  }

  map(name: string): unknown {
    return this.#value(name);
  }

  /** Fails on a field that nothing has asked for: a typing error would be lost otherwise. */
  assertAllKnown(): void {
    const unknown = Object.keys(this.values).find((name) => !this.#used.has(name));
    if (unknown !== undefined) this.fail(unknown, 'no such field');
  }

  fail(name: string, wanted: string): never {
    const value = this.values[name];
    const found = `line ${this.line}, ${name}: expected ${wanted}, got ${shown(value)}`;
    throw new ServeError('bad_argument', found);
  }

  #value(name: string): unknown {
    this.#used.add(name);
    return this.values[name];
  }
}
