import type { AttributeTypes } from '../../store/attributes.ts';
import { inField, type Node, type Term } from './ast.ts';
import { checkCondition, checkTerm } from './check.ts';
import { parse, parseTerm } from './parser.ts';

const KEPT_MAX = 1024; // expressions; a shop has some dozens, with a few values each

/** Reads expressions; those that are asked again and again are read once, as long as no type is new. */
export class Expressions {
  readonly #kept = new Map<string, Node | Term>(); // oldest first
  #types: AttributeTypes | null = null;

  constructor(private readonly typesNow: () => AttributeTypes) {}

  get types(): AttributeTypes {
    return this.typesNow();
  }

  /** A condition that can be a bitmap. Fails with `bad_argument`, naming `field` and the character. */
  filter(source: string, field: string): Node {
    return this.#once(`f ${source}`, field, () => checkCondition(parse(source), this.typesNow(), true)) as Node;
  }

  /** The term of a boost, likewise. */
  boost(source: string, field: string): Term {
    return this.#once(`b ${source}`, field, () => checkTerm(parseTerm(source), this.typesNow())) as Term;
  }

  #once(key: string, field: string, read: () => Node | Term): Node | Term {
    const types = this.typesNow();
    if (types !== this.#types) this.#kept.clear();
    this.#types = types;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const made = inField(field, read);
    this.#kept.set(key, made);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
    return made;
  }
}
