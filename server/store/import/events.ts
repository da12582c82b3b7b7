import type { Format } from '../../intake/formats.ts';
import { decodeEvent } from '../../wire/decode-event.ts';
import { Fields } from '../../wire/fields.ts';
import { WIRE_NAMES } from '../../wire/names.ts';
import type { EventItem, ShopEvent } from '../../wire/schema.ts';
import type { Store } from '../store.ts';
import { fileSize, readBlocks } from './blocks.ts';
import { PLAIN_MAP } from './column-map.ts';
import type { ColumnMap } from './column-map.ts';
import { importCsvEvents } from './csv-events.ts';
import { importForeignEvents } from './foreign-events.ts';
import { isBlank, lineText, parseObject } from './lines.ts';
import type { JsonLine } from './lines.ts';
import { PackedImport } from './packed-import.ts';
import { importParquetEvents } from './parquet-events.ts';
import { EventScanner } from './scan-event.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

/** Events of a file, by its ending: `.csv`, `.parquet`, else JSON lines; `.gz` behind the first and last. */
export async function importEvents(
  store: Store,
  path: string,
  options: ImportOptions,
  map: ColumnMap = PLAIN_MAP,
  format: Format | null = null,
): Promise<ImportSummary> {
  if (format !== null) return importForeignEvents(store, path, options, format);
  if (path.endsWith('.parquet')) return importParquetEvents(store, path, options, map);
  if (/\.csv(\.gz)?$/.test(path)) return importCsvEvents(store, path, options, map);
  return importJsonEvents(store, path, options);
}

/**
 * Reads events as the wire carries them (`server/wire/README.md`), one a line, in any order;
 * `at_ms` must be there, and no field that is not known. An event that the store has is counted as
 * a duplicate. An import that broke off is taken up where it was last committed.
 */
async function importJsonEvents(
  store: Store,
  path: string,
  options: ImportOptions,
): Promise<ImportSummary> {
  const all = fileSize(path);
  const run = new PackedImport(store, path, options, 'jsonl');
  const { packed, found, tally } = run;
  const scanner = new EventScanner(options.currencies !== undefined);
  let { line } = run.start;

  for await (const { bytes, offset, fileBytes } of readBlocks(path, run.start.offset)) {
    for (let from = 0; from < bytes.length;) {
      const feed = bytes.indexOf(LF, from);
      const to = feed < 0 ? bytes.length : feed;
      line += 1;
      if (scanner.scan(bytes, from, to, found)) {
        packed.pack(bytes, found);
        tally.rows += 1;
      } else {
        const text = bytes.subarray(from, to);
        const ended = isBlank(text) ? undefined : run.row(() => {
          const event = readEvent({ line, value: parseObject(line, lineText(text, line)) });
          if (event.timeZone !== undefined) scanner.zoneIsGood(event.timeZone);
          run.add(event);
        });
        if (ended) await ended;
      }
      from = to + 1;
      if (run.full) await run.commit(offset + Math.min(from, bytes.length), line);
    }
    run.tell(fileBytes, all);
  }
  return run.finish();
}

const LF = 10;

/** The wire's own decoder; what a file must have beyond that is a time, and no typing errors. */
function readEvent({ line, value }: JsonLine): ShopEvent {
  const where = { parent: null, key: `line ${line}` };
  const fields = Fields.of(value, 'an event', where);
  if (!fields.has(WIRE_NAMES.atMs)) fields.fail(WIRE_NAMES.atMs, 'milliseconds since 1970');
  const event = decodeEvent(value, where, 0);
  if (event.atMs >= YEAR_3000_MS) fields.fail(WIRE_NAMES.atMs, 'milliseconds since 1970');
  assertKnown(value, EVENT_FIELDS, fields);
  if (fields.has('items')) {
    fields.list('items', 0, Infinity, (item, at) => {
      if (typeof item === 'object') assertKnown(item, ITEM_FIELDS, Fields.of(item, 'an item', at));
    });
  }
  return event;
}

const YEAR_3000_MS = 32_503_680_000_000; // later than that it is microseconds

const { atMs, timeZone } = WIRE_NAMES;
const EVENT_FIELDS = {
  id: 'id', type: 'type', atMs, session: 'session', items: 'items', customer: 'customer',
  query: 'query', attribution: 'attribution', timeZone, consent: 'consent',
  country: 'country', device: 'device', visitor: 'visitor', currency: 'currency', robot: 'robot',
  userAgent: WIRE_NAMES.userAgent,
} as const satisfies Record<keyof ShopEvent | 'userAgent', string>;
const ITEM_FIELDS = {
  item: 'item', quantity: 'quantity', price: 'price', discount: 'discount',
} as const satisfies Record<keyof EventItem, string>;

/** A typing error in a field that may be absent would be lost otherwise. */
function assertKnown(map: unknown, names: Readonly<Record<string, string>>, fields: Fields): void {
  const known = Object.values(names);
  const unknown = Object.keys(map as object).find((name) => !known.includes(name));
  if (unknown !== undefined) fields.fail(unknown, 'no such field');
}
