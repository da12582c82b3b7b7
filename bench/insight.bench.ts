/**
 * What is told of customers. Over WebSocket at 2,000 requests a second, all five parts in each, without
 * reasons and with some: the shipped models, customers with a session of now, and no answer is kept: each
 * request runs the models. And a whole base scored
 * from what is remembered of it, on this thread.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codecFor } from '../server/client/codec.ts';
import { systemClock } from '../server/core/clock.ts';
import { shopHabits } from '../server/customers/known-customer.ts';
import { openTable, scoreAll } from '../server/score/score-command.ts';
import { Scorer } from '../server/score/scorer.ts';
import { LmdbStore } from '../server/store/lmdb-store.ts';
import { HABITS_CUSTOMERS, HORIZONS_DEFAULT } from '../server/storefront/customer-insight.ts';
import { CUSTOMER_PARTS, type CustomerPart } from '../server/storefront/customer-models.ts';
import { manyCustomers } from '../test/support/many-customers.ts';
import { customerEvents } from '../test/support/small-customers.ts';
import type { Bench, BenchOptions, Measured } from './bench.ts';
import { interleave, spread } from './harness.ts';
import { runLoad, type LoadReport } from './load.ts';
import { ROOT } from './machine.ts';
import { CORES, type ServerProcess, startServer } from './process.ts';
import type { Row } from './report.ts';
import { digest, payloadFile } from './requests.ts';

const SIZES = {
  full: { warm: 2, seconds: 10, turns: 3, customers: 4000, base: 500_000 },
  quick: { warm: 1, seconds: 4, turns: 1, customers: 2000, base: 100_000 },
  smoke: { warm: 0.05, seconds: 0.2, turns: 1, customers: 100, base: 1000 },
} as const;
const REPOSITORY = join(ROOT, 'models/repository');
const REASONS = 3;
const SEEN = 5; // items, in the session of now

/** Requests a second, and what each asks for beside the customer. */
const CASES = [
  { name: '2,000 requests/s, all parts', rate: 2000, more: {} },
  { name: '2,000 requests/s, intent alone', rate: 2000, more: { parts: ['intent'] } },
  { name: '2,000 requests/s, all parts but the intent', rate: 2000, more: { parts: CUSTOMER_PARTS } },
  { name: `200 requests/s, all parts, ${REASONS} reasons`, rate: 200, more: { reasons: REASONS } },
] as const;

export const bench: Bench = {
  packages: ['uWebSockets.js', 'onnxruntime-node', 'lmdb', 'hyparquet-writer'],
  choices: ['served', 'scored'],
  async run(options) {
    const { size, only = [] } = options;
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    const wanted = (part: string): boolean => only.length === 0 || only.includes(part);
    try {
      const served = wanted('served') ? await serve(folder, options) : { rows: [], notes: [] };
      const scored = wanted('scored') ? await score(folder, SIZES[size].base, options.say) : [];
      const inputs = digest(['customers', 'intent'].map((model) =>
        readFileSync(join(REPOSITORY, model, '1/model.onnx'))));
      return { inputs, rows: [...served.rows, ...scored], notes: served.notes };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function serve(
  folder: string, { size, say }: BenchOptions,
): Promise<Pick<Measured, 'rows' | 'notes'>> {
  const { warm, seconds, turns, customers } = SIZES[size];
  await fillStore(join(folder, 'store'), customers);
  const server = await startServer([join(ROOT, 'dist/server/main.js')], {
    PORT: '0', VITRINE_HOST: '127.0.0.1', VITRINE_DATA: folder, VITRINE_DEMO: 'auto',
    VITRINE_MODELS: REPOSITORY, VITRINE_WORKERS: '1', VITRINE_LOG: 'error',
  });
  const notes = new Set<string>();
  try {
    const files = CASES.map(({ more }, at) => requestsOf(folder, `case-${at}`, customers, more));
    const drive = async (at: number): Promise<{ report: LoadReport; cpuUs: number }> => {
      const beforeUs = server.cpuUs();
      const report = await runLoad({
        port: server.port, transport: 'ws', wire: 'msgpack', path: '/ws',
        subprotocol: 'vitrine.v1.msgpack', loop: 'open', connections: 64, arrivals: 'poisson',
        requests: files[at] as string, rate: CASES[at]!.rate, warm, seconds, 'check-every': 1_000_000,
      }, CORES.load);
      const bad = report.failures + report.sheds + report.unanswered + report.broken;
      if (bad > 0) notes.add(`${CASES[at]!.name}: ${bad} of ${report.sent_total} were not answered`);
      if (report.late) notes.add(`${CASES[at]!.name}: the generator itself was late`);
      return { report, cpuUs: (server.cpuUs() - beforeUs) / report.replies_total };
    };
    await checkAnswers(server);
    for (const at of CASES.keys()) await drive(at); // compiled
    notes.clear();
    say('served');
    const samples = await interleave(CASES.map(({ name }, at) => ({ name, run: () => drive(at) })), turns);
    const rows = [...samples].flatMap(([name, list]) => METRICS.map(({ metric, unit, of }): Row => {
      const { median, low, high } = spread(list.map(of));
      return { case: name, impl: 'Vitrine', metric, value: median, unit, low, high };
    }));
    return { rows, notes: [...notes] };
  } finally {
    await server.stop();
  }
}

const METRICS: readonly {
  metric: string; unit: string; of(sample: { report: LoadReport; cpuUs: number }): number;
}[] = [
  { metric: 'answers', unit: '1/s', of: ({ report }) => report.answered_per_s },
  { metric: 'p50', unit: 'ms', of: ({ report }) => report.from_due_us.p50 / 1000 },
  { metric: 'p99', unit: 'ms', of: ({ report }) => report.from_due_us.p99 / 1000 },
  { metric: 'p99.9', unit: 'ms', of: ({ report }) => report.from_due_us.p999 / 1000 },
  { metric: 'CPU', unit: 'us/request', of: ({ cpuUs }) => cpuUs },
];

/** Customers with purchases of a year, each of whom looks at some items now. */
async function fillStore(folder: string, customers: number): Promise<void> {
  const nowMs = systemClock.wallMs();
  const events = customerEvents(customers, nowMs - 86_400_000);
  for (let customer = 0; customer < customers; customer += 1) {
    for (let seen = 0; seen < SEEN; seen += 1) {
      events.push({
        id: `now-${customer}-${seen}`, type: 'item_view', atMs: nowMs - (SEEN - seen) * 1000,
        session: `now-${customer}`, customer: `c-${customer}`,
        items: [{ item: `item-${(customer + seen) % 20}`, quantity: 1 }],
      });
    }
  }
  const store = LmdbStore.open(folder);
  for (let at = 0; at < events.length; at += 500) await store.append(events.slice(at, at + 500));
  await store.close();
}

/** Every customer once, in the generator's format. */
function requestsOf(folder: string, name: string, customers: number, more: object): string {
  const codec = codecFor('msgpack');
  const path = join(folder, name);
  writeFileSync(path, payloadFile(Array.from({ length: customers }, (_, customer) => (id) =>
    Buffer.from(codec.encode({ id, op: 'insight', customer: `c-${customer}`, ...more }) as Uint8Array))));
  return path;
}

/** What is timed is an answer: all five parts are there. */
async function checkAnswers({ port }: ServerProcess): Promise<void> {
  const body = JSON.stringify({ customer: 'c-1', reasons: REASONS });
  for (let tries = 0; tries < 200; tries += 1) {
    const reply = await fetch(`http://127.0.0.1:${port}/v1/insight`, { method: 'POST', body });
    const told = await reply.json() as Record<string, unknown>;
    if (reply.ok && ['intent', ...CUSTOMER_PARTS].every((part) => part in told)) return;
    await new Promise((resolve) => setTimeout(resolve, 50)); // models are still being loaded
  }
  throw new Error('the server did not answer all parts within 10 s');
}

async function score(folder: string, base: number, say: (text: string) => void): Promise<Row[]> {
  say('scored');
  const nowMs = systemClock.wallMs();
  const histories = manyCustomers(base, nowMs);
  const habits = shopHabits(histories.all(), HABITS_CUSTOMERS);
  const rows: Row[] = [];
  const measure = async (name: string, ending: string, parts: readonly CustomerPart[]): Promise<void> => {
    const out = join(folder, `scores.${ending}`);
    const scorer = await Scorer.open({
      repository: REPOSITORY, parts, horizons: HORIZONS_DEFAULT, language: 'en', timeZone: 'UTC', nowMs, habits,
    });
    try {
      const [before, startUs] = [process.cpuUsage(), systemClock.nowUs()];
      const count = await scoreAll(histories, scorer, openTable(out, scorer.specs), () => {});
      const wallS = (systemClock.nowUs() - startUs) / 1e6;
      const { user, system } = process.cpuUsage(before);
      const put = (metric: string, value: number, unit: string): void =>
        void rows.push({ case: `${base.toLocaleString('en')} customers`, impl: name, metric, value, unit });
      put('customers', count / wallS, '1/s');
      put('customers a CPU second', (count * 1e6) / (user + system), '1/s');
      put('file', statSync(out).size / 1e6, 'MB');
    } finally {
      await scorer.close();
    }
  };
  await measure('all parts, Parquet', 'parquet', CUSTOMER_PARTS);
  await measure('all parts, CSV', 'csv', CUSTOMER_PARTS);
  await measure('all parts, JSONL', 'jsonl', CUSTOMER_PARTS);
  for (const part of CUSTOMER_PARTS) await measure(`${part}, Parquet`, 'parquet', [part]);
  return rows;
}
