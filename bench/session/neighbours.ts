import { loadAddon, type NativeSessionIndex } from '../../server/ann/binding.ts';
import { DEFAULT_SETTINGS } from '../../server/storefront/retrieval/settings.ts';
import type { Row } from '../report.ts';
import { PlainVmis } from './plain-vmis.ts';

/** Past sessions as item numbers, oldest first, and visitors of now. */
export interface SessionSet {
  readonly name: string;
  readonly sessions: Iterable<readonly number[]>;
  readonly queries: readonly Uint32Array[];
}

const PLACES = 200; // items that the source names, as in an answer
const LOADED = 100_000; // sessions that cross into the addon together

/** One search after the other on this thread, each timed; and what the index holds for it. */
export function measureNeighbours({ name, sessions, queries }: SessionSet, seconds: number): Row[] {
  const addon = loadAddon();
  const index = new addon.SessionIndex();
  const { neighbours, sample } = DEFAULT_SETTINGS.neighbours;
  const plain = new PlainVmis({ neighbours, sample });
  let interactions = 0;
  let addedUs = 0;
  let batch: (readonly number[])[] = [];
  const flush = (): void => {
    const beforeUs = process.cpuUsage().user;
    load(index, batch);
    addedUs += process.cpuUsage().user - beforeUs;
    batch = [];
  };
  for (const session of sessions) {
    interactions += session.length;
    batch.push(session);
    plain.add(session);
    if (batch.length === LOADED) flush();
  }
  flush();
  const rows = new Uint32Array(PLACES);
  const scores = new Float32Array(PLACES);
  const sides = [
    {
      impl: 'Vitrine', run: (query: Uint32Array) =>
        void index.search(query, rows, scores, DEFAULT_SETTINGS.neighbours),
    },
    { impl: 'VMIS-kNN in JavaScript', run: (query: Uint32Array) => void plain.search(query, PLACES) },
  ];
  const all: Row[] = sides.flatMap(({ impl, run }) => {
    const { p50, p90, p99, mean } = timed(queries, seconds, run);
    const row = (metric: string, value: number): Row => ({ case: name, impl, metric, value, unit: 'us' });
    return [row('p50', p50), row('p90', p90), row('p99', p99), row('CPU a search', mean)];
  });
  const own = (metric: string, value: number, unit: string): Row =>
    ({ case: name, impl: 'Vitrine', metric, value, unit });
  all.push(
    own('index', index.bytes / interactions, 'bytes/interaction'),
    own('added', (interactions / addedUs) * 1e6, '1/CPU s'),
  );
  index.close();
  return all;
}

function load(index: NativeSessionIndex, sessions: readonly (readonly number[])[]): void {
  const offsets = new Uint32Array(sessions.length + 1);
  sessions.forEach((items, i) => (offsets[i + 1] = (offsets[i] as number) + items.length));
  const items = new Uint32Array(offsets[sessions.length] as number);
  sessions.forEach((session, i) => items.set(session, offsets[i]));
  index.load(items, offsets);
}

/** Microseconds of wall time by quantile, and of CPU on average. */
function timed(queries: readonly Uint32Array[], seconds: number, run: (query: Uint32Array) => void) {
  const us: number[] = [];
  for (const query of queries.slice(0, 200)) run(query); // compiled, memory taken
  const cpu = process.cpuUsage();
  const endMs = performance.now() + seconds * 1000;
  for (let at = 0; at < queries.length || performance.now() < endMs; at += 1) {
    const query = queries[at % queries.length] as Uint32Array;
    const beforeMs = performance.now();
    run(query);
    us.push((performance.now() - beforeMs) * 1000);
    if (performance.now() > endMs) break;
  }
  const { user } = process.cpuUsage(cpu);
  us.sort((a, b) => a - b);
  const at = (share: number): number => us[Math.min(us.length - 1, Math.floor(share * us.length))] as number;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), mean: user / us.length };
}
