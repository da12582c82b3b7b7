/**
 * More than a server can do. Over sockets: twice its capacity for a heavy model (pool) and a cheap
 * one (inline), readers that do not read. Without sockets: 1.5 times with mixed deadlines beside
 * first come, first served with a static window; a long run's effect on the event loop and on
 * those whose time is up.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';
import { seededMlp } from '../models/recipes/dense.ts';
import { Log } from '../server/core/log.ts';
import { ModelHost } from '../server/serve.ts';
import type { Bench } from './bench.ts';
import { interleave, spread } from './harness.ts';
import { capacity, openLoop, stall, type OpenLoop } from './overload/lanes.ts';
import { watchMemory } from './overload/memory.ts';
import {
  creditOf, drive, openServer, slowReaders, writeModels, type Served,
} from './overload/server.ts';
import type { Row } from './report.ts';
import { digest, makeCases } from './requests.ts';

const SIZES = {
  full: { warm: 1, seconds: 60, turns: 5, readers: 1000, requests: 256 },
  quick: { warm: 0.5, seconds: 3, turns: 3, readers: 200, requests: 256 },
  smoke: { warm: 0.05, seconds: 0.2, turns: 1, readers: 4, requests: 8 },
} as const;

const names = (name: string) => ({ name, input: 'input', output: 'output' });
const CHEAP = seededMlp(7, [32, 256, 128, 1], 'sigmoid', names('cheap'));
const HEAVY = seededMlp(8, [32, 1024, 1024, 1], 'sigmoid', names('heavy'));
const FIFO = { ...HEAVY, name: 'heavy-fifo' };
const LONG = seededMlp(9, [32, 2048, 2048, 1], 'sigmoid', names('long')); // 100 ms for 1,024 rows
const POOL = { parameters: { placement: 'pool' } };
const MODELS: readonly Served[] = [
  { model: CHEAP, config: { max_batch_size: 64, parameters: { placement: 'inline' } } },
  { model: HEAVY, config: { max_batch_size: 64, ...POOL } },
  { model: FIFO, config: { max_batch_size: 64, ...POOL, dynamic_batching: {
    preserve_ordering: true, max_queue_delay_microseconds: 5000 } } },
  { model: LONG, config: { max_batch_size: 1024, ...POOL, dynamic_batching: {
    default_queue_policy: { allow_timeout_override: true } } } },
];
const NOTES = [
  'sockets: server and its worker on one core, the generator on the other; the rest: one process',
];
const DEADLINE_MS = 100;
const PATIENCE_MS = 50; // of a client for its turn: half of the deadline
const MIXED_US = [25_000, 60_000, 250_000];

export const bench: Bench = {
  packages: ['uWebSockets.js', 'onnxruntime-node', 'piscina', 'ws'],
  choices: ['sockets', 'mixed', 'stall'],
  async run({ size, only = [], say }) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    const wanted = (part: string): boolean => only.length === 0 || only.includes(part);
    const rows: Row[] = [];
    const row = (name: string, impl: string, metric: string, value: number, unit: string): void =>
      void rows.push({ case: name, impl, metric, value, unit });
    writeModels(join(folder, 'models'), MODELS);
    try {
      if (wanted('sockets')) await sockets(folder, SIZES[size], row, say);
      if (wanted('mixed') || wanted('stall')) {
        const host = await ModelHost.open(join(folder, 'models'), {
          workers: 1, runMsMax: 10_000, inlineUsMax: 200, drainMsMax: 1000, log: new Log('error'),
        });
        try {
          if (wanted('mixed')) await mixed(host, SIZES[size], row, say);
          if (wanted('stall')) await longRun(host, SIZES[size], row, say);
        } finally {
          await host.close();
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const inputs = digest([mlpOnnx(CHEAP), mlpOnnx(HEAVY)]);
    return { inputs, rows, notes: NOTES };
  },
};

type Size = { warm: number; seconds: number; turns: number; readers: number; requests: number };
type Put = (name: string, impl: string, metric: string, value: number, unit: string) => void;

async function sockets(
  folder: string, size: Size, row: Put, say: (text: string) => void,
): Promise<void> {
  const server = await openServer(folder, MODELS.map(({ model }) => model.name));
  const { warm, seconds } = size;
  try {
    const credit = await creditOf(server);
    for (const model of [HEAVY, CHEAP]) {
      const cases = makeCases(model, 64, 11);
      const full = async (): Promise<number> => {
        const plan = { loop: 'closed', depth: credit, warm, seconds: Math.min(3, seconds) } as const;
        return (await drive(server, folder, model, cases, plan, DEADLINE_MS)).answered_per_s;
      };
      await full(); // compiled
      const clients = [[`keep to their credit of ${credit}`, credit], ['send all that is due', 0]] as const;
      for (const [who, window] of clients) {
        say(`${model.name}: capacity`);
        const before = await full();
        const rate = Math.round(before * 2);
        say(`${model.name}: twice that, ${rate}/s; clients ${who}`);
        const memory = watchMemory(server);
        const report = await drive(server, folder, model, cases, {
          loop: 'open', rate, seed: 1, warm, seconds, window,
          'patience-ms': PATIENCE_MS, 'deadline-ms': DEADLINE_MS,
        }, DEADLINE_MS);
        const { grownMiB, slopeMiB } = memory.stop();
        const most = (before + (await full())) / 2; // what the machine does beside changes
        const name = `${model.name}, twice its capacity, deadline ${DEADLINE_MS} ms, 64 sockets`;
        const put = (metric: string, value: number, unit: string): void =>
          row(name, who, metric, value, unit);
        put('capacity', most, '1/s');
        put('answered in time', report.in_time_per_s, '1/s');
        put('of capacity', report.in_time_per_s / most, 'share');
        put('answered at all', report.answered_per_s / most, 'share');
        put('answers p50 from due', report.from_due_us.p50 / 1000, 'ms');
        put('answers p99 from due', report.from_due_us.p99 / 1000, 'ms');
        put('answers p99 from sent', report.from_send_us.p99 / 1000, 'ms');
        put('given up unsent', report.held, 'requests');
        put('refused', report.sheds, 'requests');
        put('unanswered', report.unanswered, 'requests');
        put('closed', report.closed, 'sockets');
        put('generator lag p99', report.lag_us.p99 / 1000, 'ms');
        put('memory grown', grownMiB, 'MiB');
        put('its slope in the second half', slopeMiB, 'MiB/min');
      }
    }
    say(`${size.readers} slow readers`);
    const { grownMiB, closed, pingMs } = await slowReaders(
      server, HEAVY, size.readers, size.requests,
    );
    const name = `${size.readers} sockets that read nothing, ${size.requests} requests each`;
    row(name, 'Vitrine', 'memory grown', grownMiB, 'MiB');
    row(name, 'Vitrine', 'closed for it', closed, 'sockets');
    row(name, 'Vitrine', 'a reader waits', pingMs, 'ms');
  } finally {
    await server.stop();
  }
}

async function mixed(
  host: ModelHost, size: Size, row: Put, say: (text: string) => void,
): Promise<void> {
  const seconds = Math.min(5, size.seconds);
  say('mixed deadlines: capacity');
  await capacity(host.lane(FIFO.name), 1024, Math.max(0.1, seconds / 3)); // compiled
  let most = 0; // the best of three: what else the machine does only takes away
  for (let turn = 0; turn < 3; turn += 1) {
    most = Math.max(most, await capacity(host.lane(HEAVY.name), 1024, Math.max(0.1, seconds / 3)));
  }
  const rate = most * 1.5;
  const name = `deadlines of ${MIXED_US.map((us) => us / 1000).join(', ')} ms, 1.5 times the capacity`;
  const plan: OpenLoop = { rate, seconds, seed: 3, deadlinesUs: MIXED_US, told: true };
  const sides = [
    ['earliest deadline first', HEAVY.name, plan],
    ['first come, deadlines unknown, 5 ms window', FIFO.name, { ...plan, told: false }],
    ['first come, deadlines known, 5 ms window', FIFO.name, plan],
  ] as const;
  const samples = await interleave(sides.map(([impl, model, how]) => ({
    name: impl,
    run: async (turn: number) => {
      say(`mixed deadlines: ${impl}`);
      const { batchRows } = host.lane(model).stats;
      const before = { runs: batchRows.count, rows: batchRows.sum };
      const tally = await openLoop(host.lane(model), { ...how, seed: turn + 1 });
      return { tally, rows: (batchRows.sum - before.rows) / (batchRows.count - before.runs) };
    },
  })), size.turns);
  for (const [impl, list] of samples) {
    const put = (metric: string, unit: string, of: (sample: (typeof list)[number]) => number): void =>
      row(name, impl, metric, spread(list.map(of)).median, unit);
    put('in time', '1/s', ({ tally }) => tally.good / seconds);
    put('of capacity', 'share', ({ tally }) => tally.good / seconds / most);
    put('answered late', 'requests', ({ tally }) => tally.answered - tally.good);
    put('answers p99', 'ms', ({ tally }) => tally.latencyUs.percentile(0.99) / 1000);
    put('rows a batch', 'rows', (sample) => sample.rows);
  }
}

async function longRun(
  host: ModelHost, size: Size, row: Put, say: (text: string) => void,
): Promise<void> {
  say('a long run');
  const { runUs, loopDelayP99Us, lateUs, timerLateUs, laterUs } =
    await stall(host.lane(LONG.name), Math.min(10, size.seconds));
  const name = 'while full batches of 1,024 rows run in the pool';
  row(name, 'Vitrine', 'a run', runUs / 1000, 'ms');
  row(name, 'Vitrine', 'event-loop delay p99', loopDelayP99Us / 1000, 'ms');
  row(name, 'Vitrine', 'timeouts told late, p50', lateUs.percentile(0.5) / 1000, 'ms');
  row(name, 'Vitrine', 'timeouts told late, p99', lateUs.percentile(0.99) / 1000, 'ms');
  row(name, 'Vitrine', 'timeouts told late, max', lateUs.max / 1000, 'ms');
  row(name, 'plain timers', 'timeouts told late, p50', timerLateUs.percentile(0.5) / 1000, 'ms');
  row(name, 'plain timers', 'timeouts told late, p99', timerLateUs.percentile(0.99) / 1000, 'ms');
  row(name, 'plain timers', 'timeouts told late, max', timerLateUs.max / 1000, 'ms');
  row(name, 'Vitrine', 'later than a plain timer, p99', laterUs.percentile(0.99) / 1000, 'ms');
  row(name, 'Vitrine', 'timeouts', lateUs.count, 'requests');
}
