/**
 * Events of a file into the embedded store: events for each second of CPU, of all threads, from opening the
 * store to the last commit on disk. Beside it what a shop would write by itself: csv-parse or JSON.parse
 * into the same store's ordinary append, and, where there is a Python, its csv module into SQLite.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse';
import { parquetWriteFile } from 'hyparquet-writer';
import { Prng } from '../server/core/prng.ts';
import { importEvents } from '../server/store/import/events.ts';
import { readJsonLines } from '../server/store/import/lines.ts';
import { readFile } from '../server/store/import/lines.ts';
import { LmdbStore } from '../server/store/lmdb-store.ts';
import { decodeEvent } from '../server/wire/decode-event.ts';
import { ROOT as MESSAGE } from '../server/wire/fields.ts';
import type { EventType, ShopEvent } from '../server/wire/schema.ts';
import type { Bench, BenchOptions } from './bench.ts';
import { interleave, spread, type Variant } from './harness.ts';
import { withRatios, type Row } from './report.ts';
import { digest } from './requests.ts';

const SIZES = {
  full: { events: 1_000_000, peerEvents: 200_000, turns: 3 },
  quick: { events: 300_000, peerEvents: 100_000, turns: 1 },
  smoke: { events: 2000, peerEvents: 1000, turns: 1 },
} as const;
const APPEND_EVENTS = 2000; // in one call of the peers
const START_MS = Date.UTC(2025, 0, 1);
const quiet = { skipBad: false, progress: () => {} };

export const bench: Bench = {
  packages: ['lmdb', 'csv-parse', 'hyparquet'],
  async run({ size, say }: BenchOptions) {
    const { events, peerEvents, turns } = SIZES[size];
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    try {
      say('writing files');
      const own = writeFiles(folder, 'own', events);
      const peer = writeFiles(folder, 'peer', peerEvents);
      const python = size === 'smoke' ? null : pythonOf();
      const variants = [
        ...(['csv', 'jsonl', 'parquet'] as const).map((kind) =>
          into(`${NAMES[kind]}|Vitrine`, events, folder, (store) => importEvents(store, own[kind], quiet))),
        into('CSV|csv-parse, append', peerEvents, folder, (store) => appendCsv(store, peer.csv)),
        into('JSON lines|JSON.parse, append', peerEvents, folder, (store) => appendJson(store, peer.jsonl)),
        ...(python === null ? [] : [sqlite(python, 'CSV|Python csv, SQLite', peerEvents, folder, peer.csv)]),
      ];
      say('importing');
      const samples = await interleave(variants, turns);
      const rows = [...samples].flatMap(([name, list]): Row[] => {
        const [format = '', impl = ''] = name.split('|');
        const row = (metric: string, unit: string, values: readonly number[]): Row => {
          const { median, low, high } = spread(values);
          return { case: format, impl, metric, value: median, unit, low, high };
        };
        return [
          row('events a CPU second', '1/s', list.map(({ cpuS, count }) => count / cpuS)),
          row('events a second', '1/s', list.map(({ wallS, count }) => count / wallS)),
        ];
      });
      const notes = [
        `${events.toLocaleString('en')} events (peers: ${peerEvents.toLocaleString('en')}) with ids of 16 random ` +
        'hexadecimal digits, 8 a session, 50,000 items; opening and closing of the store are in it',
      ];
      return { inputs: digest([readFileSync(peer.csv)]), rows: withRatios(rows, 'csv-parse, append'), notes };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const NAMES = { csv: 'CSV', jsonl: 'JSON lines', parquet: 'Parquet' } as const;

interface Sample {
  readonly cpuS: number;
  readonly wallS: number;
  readonly count: number;
}

function into(
  name: string, count: number, folder: string, run: (store: LmdbStore) => Promise<unknown>,
): Variant<Sample> {
  return { name, async run(turn) {
    const path = join(folder, `store-${turn}`);
    const [cpu, startMs] = [process.cpuUsage(), performance.now()];
    const store = LmdbStore.open(path);
    await run(store);
    if (store.eventCount !== count) throw new Error(`${name}: ${store.eventCount} of ${count} events`);
    await store.close();
    const { user, system } = process.cpuUsage(cpu);
    const wallS = (performance.now() - startMs) / 1000;
    rmSync(path, { recursive: true });
    return { cpuS: (user + system) / 1e6, wallS, count };
  } };
}

async function appendJson(store: LmdbStore, path: string): Promise<void> {
  let batch: ShopEvent[] = [];
  for await (const row of readJsonLines(path)) {
    batch.push(decodeEvent(row().value, MESSAGE, 0));
    if (batch.length < APPEND_EVENTS) continue;
    await store.append(batch);
    batch = [];
  }
  await store.append(batch);
}

async function appendCsv(store: LmdbStore, path: string): Promise<void> {
  let batch: ShopEvent[] = [];
  const rows = readFile(path).pipe(parse({ columns: true })) as AsyncIterable<Record<string, string>>;
  for await (const { id, type, at_ms, session, customer, item, quantity, price } of rows) {
    batch.push({
      id: id!, type: type as EventType, atMs: Date.parse(at_ms!), session: session!, customer: customer!,
      items: [{ item: item!, quantity: Number(quantity || 1), ...(price && { price: Number(price) }) }],
    });
    if (batch.length < APPEND_EVENTS) continue;
    await store.append(batch);
    batch = [];
  }
  await store.append(batch);
}

/** The usual way: a table with the id as its key, rows that are there already left alone, one transaction. */
const SQLITE = `
import csv, os, sqlite3, sys, time
begun = time.perf_counter()
base = sqlite3.connect(sys.argv[2])
base.execute('pragma journal_mode=wal')
base.execute('create table event (id text primary key, type text, at_ms text, session text, customer text,'
             ' item text, quantity integer, price real) without rowid')
with open(sys.argv[1], newline='') as file:
    rows = csv.reader(file)
    next(rows)
    base.executemany('insert or ignore into event values (?,?,?,?,?,?,?,?)', rows)
base.commit()
base.close()
used = os.times()
print(used.user + used.system, time.perf_counter() - begun)
`;

function sqlite(python: string, name: string, count: number, folder: string, path: string): Variant<Sample> {
  return { name, run(turn) {
    const base = join(folder, `base-${turn}.db`);
    const { stdout, status, stderr } = spawnSync(python, ['-c', SQLITE, path, base], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    rmSync(base);
    const [cpuS = NaN, wallS = NaN] = stdout.trim().split(' ').map(Number);
    return { cpuS, wallS, count };
  } };
}

/** A Python with SQLite, where there is one. */
function pythonOf(): string | null {
  const python = process.env['VITRINE_BENCH_PYTHON'] ?? 'python3';
  return spawnSync(python, ['-c', 'import sqlite3, csv']).status === 0 ? python : null;
}

interface Files {
  readonly csv: string;
  readonly jsonl: string;
  readonly parquet: string;
}

/** The same events three times over. */
function writeFiles(folder: string, name: string, count: number): Files {
  const prng = new Prng(11);
  const hex = (): string => prng.below(2 ** 32).toString(16).padStart(8, '0');
  const events = Array.from({ length: count }, (_, i) => {
    const type = i % 8 === 7 ? 'purchase' : i % 8 === 5 ? 'cart_add' : 'item_view';
    const item = `sku-${100_000 + prng.below(50_000)}`;
    const session = Math.floor(i / 8);
    return {
      id: hex() + hex(), type, atMs: START_MS + i * 50, session: `s-${session.toString(36)}`,
      customer: `c-${session % 20_000}`, item, ...(type !== 'item_view' && {
        quantity: 1 + (i % 3), price: prng.below(10_000) / 100,
      }),
    };
  });
  const path = (ending: string): string => join(folder, `${name}.${ending}`);
  writeFileSync(path('csv'), ['id,type,at_ms,session,customer,item,quantity,price', ...events.map((one) => [
    one.id, one.type, new Date(one.atMs).toISOString(), one.session, one.customer, one.item,
    one.quantity ?? '', one.price ?? '',
  ].join(','))].join('\n'));
  writeFileSync(path('jsonl'), events.map(({ id, type, atMs, session, customer, item, quantity, price }) =>
    JSON.stringify({ id, type, at_ms: atMs, session, customer,
      items: quantity === undefined ? [item] : [{ item, quantity, price }] })).join('\n'));
  const column = (column: string, type: 'STRING' | 'TIMESTAMP' | 'INT32' | 'DOUBLE', of: (i: number) => unknown) =>
    ({ name: column, type, data: events.map((_, i) => of(i)), nullable: true });
  parquetWriteFile({ filename: path('parquet'), rowGroupSize: 100_000, columnData: [
    column('id', 'STRING', (i) => events[i]!.id), column('type', 'STRING', (i) => events[i]!.type),
    column('at_ms', 'TIMESTAMP', (i) => new Date(events[i]!.atMs)),
    column('session', 'STRING', (i) => events[i]!.session), column('customer', 'STRING', (i) => events[i]!.customer),
    column('item', 'STRING', (i) => events[i]!.item), column('quantity', 'INT32', (i) => events[i]!.quantity ?? null),
    column('price', 'DOUBLE', (i) => events[i]!.price ?? null),
  ] as never });
  return { csv: path('csv'), jsonl: path('jsonl'), parquet: path('parquet') };
}
