/**
 * Vitrine beside what teams serve models with: the same network, the same rows, the same core, one
 * after the other in turns. Ratios are of turns, with an interval.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededMlp } from '../models/recipes/dense.ts';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';
import type { Bench, BenchOptions, Measured } from './bench.ts';
import { interleave, spread } from './harness.ts';
import { runLoad, type LoadPlan, type LoadReport } from './load.ts';
import { ROOT } from './machine.ts';
import { markdownTable, withTable } from './peers/readme-table.ts';
import { type Contestant, type Roster, startRoster } from './peers/roster.ts';
import { CORES } from './process.ts';
import { ratioOf } from './ratio.ts';
import type { Row } from './report.ts';
import { digest, makeCases, requestFile } from './requests.ts';

const MODEL = seededMlp(7, [32, 256, 128, 1], 'sigmoid');
const CASES = makeCases(MODEL, 64, 11);
const BASE = 'fastify'; // what a Node team would begin with; ratios are to it
const CONNECTIONS = 32;
const SAME_RATE = 100; // requests/s: the slowest, Ray Serve, answers about 200 on one core

const SIZES = {
  full: { warm: 0.5, seconds: 3, turns: 7 },
  quick: { warm: 0.2, seconds: 0.6, turns: 3 },
  smoke: { warm: 0.05, seconds: 0.2, turns: 1 },
} as const;

const CLOSED = `closed loop, ${CONNECTIONS} connections, one request at a time each`;
const OPEN = `open loop, Poisson, ${SAME_RATE}/s each`;

interface Sample {
  readonly report: LoadReport;
  readonly cpuUs: number; // of the server and what it started, a reply; NaN where it is not ours
}

export const bench: Bench = {
  packages: ['uWebSockets.js', 'ws', 'fastify', 'onnxruntime-node', 'msgpackr'],
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-peers-'));
    let roster: Roster | undefined;
    try {
      const v2 = process.env['VITRINE_BENCH_V2'];
      roster = await startRoster(MODEL, folder, v2, options.size !== 'smoke');
      return await measure(roster, folder, options);
    } finally {
      await roster?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(roster: Roster, folder: string, options: BenchOptions): Promise<Measured> {
  const { turns, warm, seconds } = SIZES[options.size];
  const notes = new Set(roster.notes);
  const files = new Map<string, string>();
  const inputs: Uint8Array[] = [mlpOnnx(MODEL)];
  for (const { encoding, model } of roster.contestants) {
    const path = join(folder, `${encoding}-${model}.requests`);
    if (files.has(`${encoding} ${model}`)) continue;
    const bytes = requestFile({ ...MODEL, name: model }, CASES, encoding);
    writeFileSync(path, bytes);
    files.set(`${encoding} ${model}`, path);
    inputs.push(bytes);
  }

  const drive = async (side: Contestant, how: Partial<LoadPlan>): Promise<Sample> => {
    const beforeUs = side.server?.cpuUs() ?? NaN;
    const report = await runLoad({
      port: side.port,
      ...side.plan,
      requests: files.get(`${side.encoding} ${side.model}`) as string,
      connections: CONNECTIONS,
      warm,
      seconds,
      ...how,
    } as LoadPlan, CORES.load);
    for (const note of doubts(side.name, report)) notes.add(note);
    return { report, cpuUs: ((side.server?.cpuUs() ?? NaN) - beforeUs) / report.replies_total };
  };

  /** Runs a case on all in turn: rows with ratios to the base's of the same turn. */
  const compare = async (
    name: string, plan: (turn: number) => Partial<LoadPlan>, metrics: readonly Metric[],
  ): Promise<Row[]> => {
    options.say(name);
    const samples = await interleave(roster.contestants.map((side) => ({
      name: side.name,
      run: (turn: number) => drive(side, plan(turn)),
    })), turns);
    const base = samples.get(BASE) ?? [];
    return [...samples].flatMap(([impl, list]) => metrics.flatMap((metric): Row[] => {
      const values = list.map(metric.of);
      if (!values.every(Number.isFinite)) return [];
      const { median, low, high } = spread(values);
      const row = { case: name, impl, metric: metric.name, value: median, unit: metric.unit, low, high };
      const theirs = base.map(metric.of);
      if (impl === BASE || theirs.length === 0) return [row];
      return [{ ...row, ratio_to: { impl: BASE, ...ratioOf(values, theirs) } }];
    }));
  };

  for (const side of roster.contestants) await drive(side, { loop: 'closed', depth: 1 }); // compiled
  const rows = [
    ...await compare(CLOSED, () => ({ loop: 'closed', depth: 1 }), [RATE, CPU, P50, P99]),
    ...await compare(OPEN, (turn) => ({ loop: 'open', rate: SAME_RATE, seed: turn + 1 }), [P50, P99, LAG]),
  ];
  if (options.size === 'full') writeReadme(rows);
  return { inputs: digest(inputs), rows, notes: [...notes], versions: roster.versions };
}

/** Of a full run alone: the README's figures are what one command measured. */
function writeReadme(rows: readonly Row[]): void {
  const path = join(ROOT, 'README.md');
  const table = markdownTable(rows, [
    { case: CLOSED, metric: RATE.name, head: 'answers/s, one core' },
    { case: CLOSED, metric: CPU.name, head: 'CPU, us a request' },
    { case: OPEN, metric: P50.name, head: `p50 at ${SAME_RATE}/s, us` },
    { case: OPEN, metric: P99.name, head: `p99 at ${SAME_RATE}/s, us` },
  ]);
  const about = `In brackets: times ${BASE}'s, with a 95 % interval over turns. The 32-256-128-1 network, ` +
    `${CONNECTIONS} connections with a request each; machine and versions in \`bench/results/peers.json\`.`;
  writeFileSync(path, withTable(readFileSync(path, 'utf8'), table, about));
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  of(sample: Sample): number;
}

const RATE: Metric = { name: 'answers', unit: '1/s', of: ({ report }) => report.answered_per_s };
const CPU: Metric = { name: 'CPU', unit: 'us/request', of: ({ cpuUs }) => cpuUs };
const P50: Metric = { name: 'p50', unit: 'us', of: ({ report }) => report.from_due_us.p50 };
const P99: Metric = { name: 'p99', unit: 'us', of: ({ report }) => report.from_due_us.p99 };
const LAG: Metric = {
  name: 'generator lag p99', unit: 'us', of: ({ report }) => report.lag_us.p99,
};

function doubts(name: string, report: LoadReport): string[] {
  const { failures, sheds, unanswered, wrong, broken, closed } = report;
  const counts = { failures, sheds, unanswered, wrong, broken, closed };
  return [
    ...Object.entries(counts).filter(([, count]) => count > 0)
      .map(([what, count]) => `${name}: ${count} ${what}`),
    ...(report.late ? [`${name}: the generator was late (lag p99 ${report.lag_us.p99} us)`] : []),
  ];
}
