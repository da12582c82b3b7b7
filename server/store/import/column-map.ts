import { ServeError } from '../../core/errors.ts';
import { isZone } from '../../core/zone.ts';
import { EVENT_TYPES } from '../../wire/schema.ts';
import { ROW_FIELDS } from './row-event.ts';
import type { RowField, RowOptions } from './row-event.ts';

/** How a file's columns and words are ours. */
export interface ColumnMap extends RowOptions {
  readonly columns: ReadonlyMap<RowField, string>; // the file's name of it; its own where none is given
}

export const PLAIN_MAP: ColumnMap = { columns: new Map(), types: new Map(), zone: 'UTC' };

/** Of `at_ms=event_time,item=product_id` and `view=item_view,cart=cart_add`. Fails with `bad_argument`. */
export function parseColumnMap(columns: string, types: string, zone: string): ColumnMap {
  if (!isZone(zone)) {
    throw new ServeError('bad_argument', `--time-zone: '${zone}' is no IANA time zone, such as Europe/Berlin`);
  }
  const fields = pairs('--columns', columns).map(([field, column]) => {
    if ((ROW_FIELDS as readonly string[]).includes(field)) return [field as RowField, column] as const;
    throw new ServeError('bad_argument', `--columns: '${field}' is none of ${ROW_FIELDS.join(', ')}`);
  });
  const named = pairs('--types', types).map(([name, type]) => {
    if ((EVENT_TYPES as readonly string[]).includes(type)) return [name, type] as const;
    throw new ServeError('bad_argument', `--types: '${type}' is none of ${EVENT_TYPES.join(', ')}`);
  });
  return { columns: new Map(fields), types: new Map(named), zone };
}

function pairs(option: string, text: string): (readonly [string, string])[] {
  return text.split(',').filter((pair) => pair.trim() !== '').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals > 0) return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const;
    throw new ServeError('bad_argument', `${option}: '${pair}' is not NAME=NAME`);
  });
}

/**
 * What each column of a file holds; null: nothing of ours. Where no column was named, a column that is
 * not known fails: it may be a typing error.
 */
export function columnFields(
  names: readonly string[], { columns }: ColumnMap, path: string,
): (RowField | null)[] {
  const fail = (what: string): never => {
    throw new ServeError('bad_argument', `${path}: ${what}`);
  };
  const doubled = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (doubled !== undefined) fail(`two columns '${doubled}': which is meant cannot be told`);
  for (const column of columns.values()) {
    if (!names.includes(column)) fail(`there is no column '${column}'; it has ${names.join(', ')}`);
  }
  const fields = names.map((name): RowField | null => {
    for (const [field, column] of columns) if (column === name) return field;
    const own = ROW_FIELDS.find((field) => field === name);
    if (own !== undefined && !columns.has(own)) return own;
    if (columns.size > 0) return null;
    return fail(`nothing is known of a column '${name}'; --columns FIELD=COLUMN names those to read`);
  });
  for (const need of ['type', 'at_ms'] as const) {
    if (!fields.includes(need)) fail(`no column holds '${need}'; --columns ${need}=COLUMN names it`);
  }
  return fields;
}

/** The same for the same map: an import that broke off is taken up with it alone. */
export function mappingText({ columns, types, zone }: ColumnMap): string {
  return JSON.stringify([[...columns], [...types], zone]);
}
