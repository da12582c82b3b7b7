/**
 * `recommend` over WebSocket with all that belongs to it: visitors with a state, filters, the blend, and
 * events being taken meanwhile. How soon an event is felt. And session neighbours alone, in this process,
 * beside the same algorithm in plain JavaScript.
 */
import { join } from 'node:path';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { readPrefixFile, readSessionFile } from '../server/store/import/session-file.ts';
import type { Bench, BenchOptions, Measured } from './bench.ts';
import type { Row } from './report.ts';
import { digest } from './requests.ts';
import { ROOT } from './machine.ts';
import { measureFreshness } from './session/freshness.ts';
import { measureNeighbours, type SessionSet } from './session/neighbours.ts';
import { climb } from './session/rates.ts';
import { recommendFile } from './session/requests.ts';
import { ServedShop } from './session/served.ts';
import { type BenchShop, copyShop, isTrained, publishedShop, syntheticShop } from './session/shop.ts';
import { makeSessions } from './session/synthetic.ts';

const SIZES = {
  full: {
    items: 1_000_000, interactions: 10_000_000, visitors: 4000,
    rates: [1000, 2000, 4000, 6000, 8000, 10_000, 15_000, 20_000],
    warm: 2, seconds: 5, alone: 3, freshAt: 1000, queries: 20_000, published: ['yoochoose1_64'],
  },
  quick: {
    items: 100_000, interactions: 500_000, visitors: 1000, rates: [5000, 20_000],
    warm: 1, seconds: 2, alone: 1, freshAt: 5000, queries: 3000, published: ['yoochoose1_64'],
  },
  smoke: {
    items: 200, interactions: 2000, visitors: 20, rates: [200],
    warm: 0.1, seconds: 0.3, alone: 0.05, freshAt: 100, queries: 50, published: [],
  },
} as const;
const EVENTS = 1000; // a second, meanwhile
const CONNECTIONS = 16;
const P90_MS_MAX = 5;

type Size = (typeof SIZES)[keyof typeof SIZES];

export const bench: Bench = {
  packages: ['uWebSockets.js', 'onnxruntime-node', 'lmdb', 'msgpackr'],
  choices: ['neighbours', 'served', 'yoochoose', 'synthetic'],
  async run({ size, only = [], say }) {
    const wanted = (...names: string[]): boolean => !names.some((name) => only.includes(OTHER[name] ?? '') &&
      !only.includes(name));
    const chosen = SIZES[size];
    const data = process.env['VITRINE_TEST_DATA'] || join(ROOT, '../shared/data');
    const [rows, notes]: [Row[], string[]] = [[], []];
    for (const name of wanted('yoochoose') ? chosen.published : []) {
      if (!existsSync(join(data, 'sessions', name))) {
        notes.push(`${name} was left out: it is not in ${data} (VITRINE_TEST_DATA)`);
        continue;
      }
      if (wanted('neighbours')) {
        say(`neighbours, ${name}`);
        rows.push(...measureNeighbours(await publishedSet(name, data, chosen.queries), chosen.alone));
      }
      if (!wanted('served')) continue;
      say(`the shop of ${name}`);
      const kept = await publishedShop(name, data, chosen.visitors);
      const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
      try {
        add(await serve(copyShop(kept, folder), chosen, say));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    if (wanted('synthetic')) {
      if (wanted('neighbours')) {
        say('neighbours, synthetic');
        rows.push(...measureNeighbours(syntheticSet(chosen), chosen.alone));
      }
      if (wanted('served')) {
        say('the synthetic shop (the first time, it is made)');
        add(await serve(await syntheticShop(chosen, chosen.visitors), chosen, say));
      }
    }
    return { inputs: digest([Buffer.from(JSON.stringify(chosen))]), rows, notes };
    function add(part: { rows: Row[]; notes: string[] }): void {
      rows.push(...part.rows);
      notes.push(...part.notes);
    }
  },
};

/** Of two choices of a kind, naming one leaves out the other. */
const OTHER: Readonly<Record<string, string>> = {
  neighbours: 'served', served: 'neighbours', yoochoose: 'synthetic', synthetic: 'yoochoose',
};

async function serve(
  shop: BenchShop, size: Size, say: BenchOptions['say'],
): Promise<Pick<Measured, 'notes'> & { rows: Row[]; notes: string[] }> {
  const { warm, seconds, rates, freshAt } = size;
  const plan = { warm, seconds, eventRate: EVENTS, connections: CONNECTIONS };
  const served = await ServedShop.start(shop);
  try {
    await served.drive({ ...plan, requests: recommendFile(shop, 16_384), rate: rates[0], warm: 0.05 }); // compiled
    const found = await climb(served, {
      name: `${shop.name}, ${EVENTS.toLocaleString('en')} events/s`, rates, p90MsMax: P90_MS_MAX, plan,
      requests: () => recommendFile(shop, 16_384),
    }, say);
    say(`${shop.name}, freshness`);
    const fresh = await measureFreshness(served, shop, { ...plan, rate: freshAt });
    found.rows.push(...fresh.map((row) => ({ ...row, case: `${shop.name}, ${row.case}` })));
    if (!isTrained(shop)) {
      found.notes.push(`${shop.name}: no learned vectors; neighbours, rules, own items and popularity are its sources`);
    }
    return found;
  } finally {
    await served.stop();
  }
}

async function publishedSet(name: string, data: string, count: number): Promise<SessionSet> {
  const numbers = new Map<string, number>();
  const numberOf = (id: string): number => {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    numbers.set(id, numbers.size);
    return numbers.size - 1;
  };
  const sessions: number[][] = [];
  for await (const read of readSessionFile(join(data, `sessions/${name}/train_sessions.txt.gz`))) {
    sessions.push(read().map(numberOf));
  }
  const queries: Uint32Array[] = [];
  for await (const { items } of readPrefixFile(join(data, `sessions/${name}/test_prefixes.tsv.gz`))) {
    if (queries.push(Uint32Array.from(items.slice(-50), numberOf)) === count) break;
  }
  return { name: `neighbours alone, ${name}`, sessions, queries };
}

function syntheticSet({ items, interactions, queries: count }: Size): SessionSet {
  function* sessions(): Iterable<number[]> {
    const next = makeSessions(items, 11);
    for (let made = 0; made < interactions;) {
      const session = next().map(Number);
      made += session.length;
      yield session;
    }
  }
  const now = makeSessions(items, 12);
  const queries = Array.from({ length: count }, () => Uint32Array.from(now().slice(0, 5).map(Number)));
  const name = `neighbours alone, ${items.toLocaleString('en')} items`;
  return { name, sessions: sessions(), queries };
}
