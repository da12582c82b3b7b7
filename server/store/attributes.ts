import { ServeError } from '../core/errors.ts';
import { ATTRIBUTE_LIMITS } from '../wire/schema.ts';
import type { Attributes, AttributeValue } from '../wire/schema.ts';

/** What an attribute is on every item of a shop that has it. */
export type AttributeType = 'text' | 'number' | 'boolean' | 'date';
export type AttributeTypes = ReadonlyMap<string, AttributeType>;

/** The note that types are kept under: what was said first holds, over restarts as well. */
export const ATTRIBUTES_NOTE = 'attributes';

const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Milliseconds since 1970 of a text that is wholly an ISO 8601 date or moment; without a zone it is in
 * UTC. Null of any other text. Pure.
 */
export function dateMs(text: string): number | null {
  if (!DATE.test(text)) return null;
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10));
  const iso = text.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, (all, hours: string, minutes: string) =>
    (text.length > 10 ? `${hours}:${minutes}` : all));
  const ms = Date.parse(text.length > 10 && !zoned ? `${iso}Z` : iso);
  return Number.isNaN(ms) ? null : ms;
}

/** Null of an empty list: it could be of anything, and says nothing. */
export function typeOf(value: AttributeValue): AttributeType | null {
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'string') return value.length === 0 ? null : 'text';
  return dateMs(value) === null ? 'text' : 'date';
}

/** Types as they are noted in a store; none where nothing was. */
export function notedTypes(note: unknown): Map<string, AttributeType> {
  return new Map(Object.entries((note ?? {}) as Record<string, AttributeType>));
}

/**
 * The types with those that the items bring along; the same map where they bring none. A date where
 * others are text is text. Fails with `bad_argument` where an attribute is of another type than on
 * other items, and where there would be more of them than the filter's index holds. Pure.
 */
export function withTypesOf(
  known: AttributeTypes, items: readonly { readonly id: string; readonly attributes?: Attributes }[],
): AttributeTypes {
  let types: Map<string, AttributeType> | null = null;
  for (const { id, attributes } of items) {
    if (!attributes) continue;
    for (const [name, value] of Object.entries(attributes)) {
      const type = typeOf(value);
      const before = (types ?? known).get(name);
      if (type === null || type === before || (type === 'date' && before === 'text')) continue;
      if (before !== undefined) throw wrong(id, name, `${before} on other items, ${type} here`);
      types ??= new Map(known);
      types.set(name, type);
      const { namesMax, numbersMax } = ATTRIBUTE_LIMITS;
      if (types.size > namesMax) throw wrong(id, name, `one more than the ${namesMax} that a shop may have`);
      const numbers = [...types.values()].filter((one) => one === 'number' || one === 'date').length;
      if (numbers > numbersMax) {
        throw wrong(id, name, `one more than the ${numbersMax} numbers and dates that a shop may have`);
      }
    }
  }
  return types ?? known;
}

function wrong(id: string, name: string, why: string): ServeError {
  return new ServeError('bad_argument', `item '${id}', attribute '${name}': ${why}`);
}
