import { ServeError } from '../../core/errors.ts';
import type { AttributeTypes } from '../../store/attributes.ts';
import { valueOf } from '../language/evaluate.ts';
import type { Facts } from '../language/evaluate.ts';
import type { FieldNode } from '../language/ast.ts';
import { BUILT_IN } from '../language/check.ts';

/** An attribute no value of which more than `most` items of an answer may have. */
export interface CappedField {
  readonly field: FieldNode;
  readonly most: number;
}

/** Fails with `bad_argument` on a name that no item has. Pure. */
export function cappedFields(
  caps: Readonly<Record<string, number>>, types: AttributeTypes,
): CappedField[] {
  return Object.entries(caps).map(([name, most]) => {
    const own = types.get(name);
    const type = BUILT_IN[name] ?? (own === 'text' ? 'texts' : own);
    if (type === undefined) throw new ServeError('bad_argument', `caps: no item has an attribute '${name}'`);
    return { most, field: { kind: 'field', name, quoted: !(name in BUILT_IN), of: 'item', at: 0, type } };
  });
}

/** Counts the items of one answer by the values that are capped. */
export class Caps {
  readonly #taken = new Map<string, number>();

  constructor(private readonly fields: readonly CappedField[]) {}

  /** The cap that stands against one more such item; null when it may come in. */
  against(item: Facts): string | null {
    for (const { field, most } of this.fields) {
      for (const value of valuesOf(field, item)) {
        if ((this.#taken.get(key(field, value)) ?? 0) >= most) return `cap: ${most} of ${field.name} ${value}`;
      }
    }
    return null;
  }

  take(item: Facts): void {
    for (const { field } of this.fields) {
      for (const value of valuesOf(field, item)) {
        const name = key(field, value);
        this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
      }
    }
  }
}

/** Nobody counts what an item has not. */
function valuesOf(field: FieldNode, item: Facts): readonly string[] {
  const value = valueOf(field, item, { nowMs: 0 });
  if (value === undefined) return [];
  return typeof value === 'object' ? [...new Set(value)] : [String(value)];
}

function key({ name }: FieldNode, value: string): string {
  return `${name}\n${value}`;
}
