/**
 * The same 32-256-128-1 network behind Vitrine and behind what a team would write without it, each
 * server alone on one core, driven from another. Rates and CPU time in a closed loop; latency from
 * the intended send time in an open one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';
import { seededMlp } from '../models/recipes/dense.ts';
import { Log } from '../server/core/log.ts';
import { ModelHost } from '../server/serve.ts';
import { inProcessP50Us } from './batch.bench.ts';
import type { Bench, BenchOptions, Measured } from './bench.ts';
import { interleave, spread, type Spread } from './harness.ts';
import { runLoad, type LoadPlan, type LoadReport } from './load.ts';
import { CORES } from './process.ts';
import { withRatios, type Row } from './report.ts';
import { digest, makeCases, requestFile } from './requests.ts';
import { startSides, stopSides, type Side } from './sides.ts';

const MODEL = seededMlp(7, [32, 256, 128, 1], 'sigmoid');
const CASES = makeCases(MODEL, 64, 11);
const CONNECTIONS = 64;
const BASE = 'ws + JSON'; // what ratios are to; named in sides.ts

/** Microseconds of CPU that a pipelined request may take, on a machine where `BASE` takes so many. */
const BARS_US = { Vitrine: 2.0, 'Vitrine, pooled': 2.6 } as const;
const BARS_BASE_US = 25;

/** Seconds and turns of one measurement. The quick ones end within a minute in all. */
const SIZES = {
  full: { warm: 0.5, seconds: 3, turns: 5, requests: 20_000 },
  quick: { warm: 0.2, seconds: 0.6, turns: 3, requests: 5000 },
  smoke: { warm: 0.05, seconds: 0.1, turns: 1, requests: 50 },
} as const;

interface Sample {
  readonly report: LoadReport;
  readonly cpuUs: number; // of the server, a reply
}

export const bench: Bench = {
  packages: ['uWebSockets.js', 'ws', 'fastify', 'onnxruntime-node', 'msgpackr'],
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    const sides: Side[] = [];
    try {
      sides.push(...(await startSides(MODEL, folder)));
      return await measure(sides, folder, options);
    } finally {
      await stopSides(sides);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(sides: Side[], folder: string, options: BenchOptions): Promise<Measured> {
  const size = SIZES[options.size];
  const files = new Map<string, string>();
  const inputs: Uint8Array[] = [mlpOnnx(MODEL)];
  for (const side of sides) {
    const name = requestsOf(side);
    if (files.has(name)) continue;
    const bytes = requestFile({ ...MODEL, name: side.model }, CASES, side.encoding);
    files.set(name, join(folder, name));
    writeFileSync(join(folder, name), bytes);
    inputs.push(bytes);
  }
  const rows: Row[] = [];
  const notes = new Set<string>();

  const drive = async (side: Side, how: Partial<LoadPlan>): Promise<Sample> => {
    const beforeUs = side.server.cpuUs();
    const plan = {
      port: side.server.port,
      ...side.plan,
      requests: files.get(requestsOf(side)) as string,
      connections: CONNECTIONS,
      warm: size.warm,
      seconds: size.seconds,
      ...how,
    } as LoadPlan;
    const report = await runLoad(plan, CORES.load);
    for (const note of doubts(side.name, report)) notes.add(note);
    return { report, cpuUs: (side.server.cpuUs() - beforeUs) / report.replies_total };
  };

  /** Runs a case on the sides in turn, and appends its rows. */
  const compare = async (
    name: string,
    on: readonly Side[],
    plan: (side: Side, turn: number) => Partial<LoadPlan>,
    metrics: readonly Metric[],
  ): Promise<Map<string, Sample[]>> => {
    options.say(name);
    const samples = await interleave(
      on.map((side) => ({ name: side.name, run: (turn) => drive(side, plan(side, turn)) })),
      size.turns,
    );
    const measured = [...samples].flatMap(([impl, list]) =>
      metrics.map((metric) => toRow(name, impl, metric, spread(list.map(metric.of)))),
    );
    rows.push(...withRatios(measured, BASE));
    return samples;
  };

  for (const side of sides) await drive(side, { loop: 'closed', depth: 4 }); // compiled and cached
  notes.clear();

  const single = sides.filter(({ alone }) => alone ?? true);
  await compare(
    `closed loop, ${CONNECTIONS} connections, depth 1`,
    single,
    () => ({ loop: 'closed', depth: 1 }),
    CLOSED,
  );
  const alone = await compare(
    'closed loop, one connection, one request at a time',
    single,
    () => ({ loop: 'closed', connections: 1, depth: 1 }),
    CLOSED,
  );
  const wsUs = spread((alone.get('Vitrine') ?? []).map(({ report }) => report.from_due_us.p50)).median;
  const ownUs = await inProcess(folder, size.requests);
  const over = { case: 'one request at a time, p50', impl: 'Vitrine', unit: 'us' };
  rows.push({ ...over, metric: 'WebSocket', value: wsUs });
  rows.push({ ...over, metric: 'in-process', value: ownUs });
  rows.push({ ...over, metric: 'WebSocket over in-process', value: wsUs - ownUs });
  const pipelined = await compare(
    `closed loop, ${CONNECTIONS} connections, depth 16`,
    sides.filter((side) => side.pipelines),
    () => ({ loop: 'closed', depth: 16 }),
    CLOSED,
  );
  for (const [impl, us] of Object.entries(BARS_US)) {
    const row = rows.find((r) => r.case.endsWith('depth 16') && r.impl === impl && r.metric === 'CPU');
    if (!row?.ratio_to) continue;
    const bar = (us / BARS_BASE_US).toFixed(3);
    notes.add(`${impl}, depth 16: CPU ${row.ratio_to.ratio.toFixed(3)} of ${BASE}'s; asked: ${us} us ` +
      `where ${BASE} takes ${BARS_BASE_US}, ${bar} of it`);
  }
  const capacity = (side: Side) =>
    spread((pipelined.get(side.name) ?? []).map((sample) => sample.report.answered_per_s)).median;

  const open = sides.filter((side) => side.openLoop);
  const slowest = Math.min(...open.map(capacity));
  const sameRate = Math.round(slowest / 2);
  await compare(
    `open loop, Poisson, ${sameRate}/s each (half of the slowest one's capacity)`,
    open,
    (_, turn) => ({ loop: 'open', rate: sameRate, seed: turn + 1 }),
    OPEN,
  );
  await compare(
    'open loop, Poisson, half of its own capacity',
    open,
    (side, turn) => ({ loop: 'open', rate: Math.round(capacity(side) / 2), seed: turn + 1 }),
    OPEN,
  );
  return { inputs: digest(inputs), rows, notes: [...notes] };
}

const requestsOf = ({ encoding, model }: Side): string => `${encoding}-${model}.requests`;

/** The same model and batcher without a socket: the median, microseconds. */
async function inProcess(folder: string, requests: number): Promise<number> {
  const host = await ModelHost.open(join(folder, 'models'), {
    workers: 1, runMsMax: 10_000, inlineUsMax: 200, drainMsMax: 1000, log: new Log('error'),
  });
  try {
    return await inProcessP50Us(host.lane(MODEL.name), requests);
  } finally {
    await host.close();
  }
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  of(sample: Sample): number;
}

const RATE: Metric = { name: 'answers', unit: '1/s', of: ({ report }) => report.answered_per_s };
const CPU: Metric = { name: 'CPU', unit: 'us/request', of: ({ cpuUs }) => cpuUs };
const QUANTILES: readonly Metric[] = (['p50', 'p99', 'p999'] as const).map((name) => ({
  name,
  unit: 'us',
  of: ({ report }) => report.from_due_us[name],
}));
const BUSY: Metric = { name: 'generator busy', unit: 'share', of: ({ report }) => report.busy };
const LAG: Metric = {
  name: 'generator lag p99', unit: 'us', of: ({ report }) => report.lag_us.p99,
};
const CLOSED = [RATE, CPU, ...QUANTILES, BUSY];
const OPEN = [RATE, CPU, ...QUANTILES, LAG];

function toRow(name: string, impl: string, metric: Metric, { median, low, high }: Spread): Row {
  return { case: name, impl, metric: metric.name, value: median, unit: metric.unit, low, high };
}

/** What would make a run's numbers worthless, in words. */
function doubts(name: string, report: LoadReport): string[] {
  const found: string[] = [];
  const count = (what: string, of: number) => of > 0 && found.push(`${name}: ${of} ${what}`);
  count('failures', report.failures);
  count('sheds', report.sheds);
  count('unanswered', report.unanswered);
  count(`wrong of ${report.checked} checked`, report.wrong);
  count('replies that answer nothing', report.broken);
  count('connections closed by the server', report.closed);
  if (report.checked === 0) found.push(`${name}: no answer was checked`);
  if (report.late) found.push(`${name}: the generator was late (lag p99 ${report.lag_us.p99} us)`);
  return found;
}
