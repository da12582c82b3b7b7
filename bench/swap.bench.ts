/**
 * A model replaced under load, again and again: what its callers wait beside the same load without,
 * and beside a process that uses the core as long; whether any of them fails, and what memory a
 * hundred replacements leave behind.
 */
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededMlp, type DenseModel } from '../models/recipes/dense.ts';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';
import type { Bench } from './bench.ts';
import { interleave, spread } from './harness.ts';
import type { LoadPlan, LoadReport } from './load.ts';
import { ROOT } from './machine.ts';
import { startBurner } from './overload/burner.ts';
import { residentMiB } from './overload/memory.ts';
import { drive, writeModels, type Served } from './overload/server.ts';
import { CORES, startServer, type ServerProcess } from './process.ts';
import type { Row } from './report.ts';
import { digest, makeCases, type Case } from './requests.ts';

const SIZES = {
  full: { warm: 0.5, seconds: 4, turns: 7, settle: 200, swaps: 300 },
  quick: { warm: 0.5, seconds: 2, turns: 1, settle: 20, swaps: 40 },
  smoke: { warm: 0.05, seconds: 0.3, turns: 1, settle: 1, swaps: 3 },
} as const;

/**
 * One replacement a second is what a rollout in a hurry does; memory is watched without a pause.
 */
const SWAP_MS = 1000;
/** Replacements that say what CPU time one takes. */
const COUNTED = 10;
/** Of what tries models out in the server. */
const TRIAL_NICE = 15;

const names = (name: string) => ({ name, input: 'input', output: 'output' });
const INLINE = seededMlp(7, [32, 256, 128, 1], 'sigmoid', names('inline'));
const POOL = seededMlp(8, [32, 1024, 1024, 1], 'sigmoid', names('pool'));
const MODELS: readonly Served[] = [
  { model: INLINE, config: { max_batch_size: 64, parameters: { placement: 'inline' } } },
  { model: POOL, config: { max_batch_size: 64, parameters: { placement: 'pool' } } },
];
const RATES: Readonly<Record<string, number>> = { inline: 10_000, pool: 1000 }; // far from the most

export const bench: Bench = {
  packages: ['uWebSockets.js', 'onnxruntime-node', 'piscina'],
  choices: ['latency', 'memory'],
  async run({ size, only = [], say }) {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-bench-'));
    const rows: Row[] = [];
    const wanted = (part: string): boolean => only.length === 0 || only.includes(part);
    writeModels(join(folder, 'models'), MODELS);
    const start = (core: number | null): Promise<ServerProcess> => startServer(
      [join(ROOT, 'dist/server/main.js')], {
        PORT: '0', VITRINE_HOST: '127.0.0.1', VITRINE_MODELS: join(folder, 'models'),
        VITRINE_DATA: join(folder, `data-${core}`), VITRINE_DEMO: 'yes', VITRINE_WORKERS: '1',
        VITRINE_MODEL_CONTROL: 'explicit', VITRINE_LOG: 'error',
      }, core);
    const servers: ServerProcess[] = [];
    try {
      servers.push(await start(CORES.server));
      if (CORES.server !== null && wanted('latency')) servers.push(await start(null));
      const [server, free] = servers as [ServerProcess, ServerProcess?];
      for (const each of servers) {
        for (const { model } of MODELS) await swap(each, folder, model);
      }
      for (const { model } of MODELS) {
        if (wanted('latency')) rows.push(...await latency(server, folder, model, SIZES[size], say));
        if (wanted('latency') && free) {
          rows.push(...await latency(free, folder, model, SIZES[size], say, true));
        }
        if (wanted('memory')) rows.push(...await memory(server, folder, model, SIZES[size], say));
      }
    } finally {
      for (const server of servers) await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
    const inputs = digest(MODELS.map(({ model }) => mlpOnnx(model)));
    const notes = [
      'server, its worker and what tries the new version out on one core, generator on the other',
      'all cores: the server has both, the generator shares one with it and sleeps between requests',
      'another process: uses the same core every second, as long as a replacement, and no memory',
      `memory: after ${SIZES[size].settle} others: heaps and pools have their size; requests go on`,
    ];
    return { inputs, rows, notes };
  },
};

type Size = { warm: number; seconds: number; turns: number; settle: number; swaps: number };
interface Sample { readonly report: LoadReport; readonly tookMs: readonly number[] }

const ALONE = 'left alone';
const REPLACED = 'replaced every second';
const BESIDE = 'beside another process';
const BESIDE_NICE = `beside another process of nice ${TRIAL_NICE}`;

/** On the server's core alone, or on all: then what tries the new version out has one to go to. */
async function latency(
  server: ServerProcess, folder: string, model: DenseModel, size: Size, say: (text: string) => void,
  allCores = false,
): Promise<Row[]> {
  const rate = RATES[model.name] as number;
  const cases = makeCases(model, 64, 11);
  const swapCpuMs = await cpuMsOfSwap(server, folder, model);
  const burners = [startBurner(0), startBurner(TRIAL_NICE)] as const;
  const sides: (readonly [string, (() => Promise<void>) | null])[] = [
    [ALONE, null],
    [REPLACED, () => swap(server, folder, model)],
  ];
  if (!allCores) {
    sides.push(
      [BESIDE, () => burners[0].burn(swapCpuMs)], [BESIDE_NICE, () => burners[1].burn(swapCpuMs)],
    );
  }
  const spin = allCores ? { 'spin-us': 0 } : {};
  const samples = await interleave(sides.map(([impl, act]) => ({
    name: impl,
    run: async (turn: number): Promise<Sample> => {
      say(`${model.name}, ${impl}${allCores ? ', all cores' : ''}`);
      const how = { rate, seed: turn + 1, warm: size.warm, seconds: size.seconds, ...spin };
      const loaded = load(server, folder, model, cases, how);
      const tookMs = act ? everySecond(act, loaded) : [];
      return { report: await loaded, tookMs: await tookMs };
    },
  })), size.turns);
  for (const burner of burners) burner.stop();
  const name = `${model.name}, ${rate} requests/s on 64 sockets${allCores ? ', all cores' : ''}`;
  const p99 = (impl: string): number =>
    spread((samples.get(impl) ?? []).map(({ report }) => report.from_due_us.p99)).median;
  return [...samples].flatMap(([impl, list]) => {
    const row = (metric: string, unit: string, of: (sample: Sample) => number): Row => {
      const { median, low, high } = spread(list.map(of));
      return { case: name, impl, metric, value: median, low, high, unit };
    };
    return [
      row('p50', 'us', ({ report }) => report.from_due_us.p50),
      row('p99', 'us', ({ report }) => report.from_due_us.p99),
      row('p99.9', 'us', ({ report }) => report.from_due_us.p999),
      { case: name, impl, metric: 'p99, of left alone', value: p99(impl) / p99(ALONE), unit: 'x' },
      row('not answered', 'requests', ({ report }) => lost(report)),
      ...(impl === ALONE ? [] : [row('it takes', 'ms', ({ tookMs }) => spread(tookMs).median)]),
      ...(impl === REPLACED
        ? [{ case: name, impl, metric: 'CPU of it', value: swapCpuMs, unit: 'ms' }]
        : []),
    ];
  });
}

/** Replacements one after the other, under a quarter of the load; a line through all samples. */
async function memory(
  server: ServerProcess, folder: string, model: DenseModel, size: Size, say: (text: string) => void,
): Promise<Row[]> {
  const { settle } = size;
  const rate = (RATES[model.name] as number) / 4;
  let missing = 0;
  const samples: number[] = [];
  for (let done = -settle; done < size.swaps;) {
    say(`${model.name}: memory, replacement ${done + settle} of ${size.swaps + settle}`);
    const loaded = load(server, folder, model, makeCases(model, 64, 12),
      { rate, seed: done + settle + 1, warm: size.warm, seconds: size.seconds / 2 });
    let over = false;
    void loaded.then(() => (over = true));
    while (!over && done < size.swaps) {
      await swap(server, folder, model);
      done += 1;
      if (done > 0) samples.push(residentMiB(server));
    }
    missing += lost(await loaded);
  }
  const { slope, mean } = line(samples);
  const name = `${model.name}, ${size.swaps} replacements in a row`;
  const row = (metric: string, value: number, unit: string): Row =>
    ({ case: name, impl: 'Vitrine', metric, value, unit });
  return [
    row('resident', mean, 'MiB'),
    row('grown over 100', (slope * 100) / mean * 100, '%'),
    row('not answered', missing, 'requests'),
  ];
}

function load(
  server: ServerProcess, folder: string, model: DenseModel, cases: readonly Case[],
  how: Pick<LoadPlan, 'seconds' | 'warm' | 'spin-us'> & { rate: number; seed: number },
): Promise<LoadReport> {
  return drive(server, folder, model, cases, { loop: 'open', ...how });
}

/** Refused, failed, wrong, unreadable, or never answered. */
function lost({ sheds, failures, unanswered, wrong, broken }: LoadReport): number {
  return sheds + failures + unanswered + wrong + broken;
}

/** Milliseconds that each took. */
async function everySecond(act: () => Promise<void>, until: Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  let over = false;
  void until.then(() => (over = true));
  while (!over) {
    const startMs = performance.now();
    await act();
    took.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, SWAP_MS - (performance.now() - startMs)));
  }
  return took;
}

/** Of all the server's threads, while nobody asks for anything. */
async function cpuMsOfSwap(
  server: ServerProcess, folder: string, model: DenseModel,
): Promise<number> {
  await swap(server, folder, model); // what tries it out is there
  const fromUs = server.cpuUs();
  for (let done = 0; done < COUNTED; done += 1) await swap(server, folder, model);
  return (server.cpuUs() - fromUs) / 1000 / COUNTED;
}

/** Resolves when the new one answers and the old one is gone. What nobody touched would be kept. */
async function swap({ port }: ServerProcess, folder: string, { name }: DenseModel): Promise<void> {
  utimesSync(join(folder, 'models', name, '1/model.onnx'), new Date(), new Date());
  const url = `http://127.0.0.1:${port}/v2/repository/models/${name}/load`;
  const answer = await fetch(url, { method: 'POST' });
  if (!answer.ok) throw new Error(`${name} was not replaced: ${await answer.text()}`);
}

/** Least squares over 0, 1, 2, …: rise a step. */
function line(values: readonly number[]): { slope: number; mean: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let rise = 0;
  let run = 0;
  values.forEach((value, at) => {
    rise += (at - middle) * (value - mean);
    run += (at - middle) ** 2;
  });
  return { slope: run === 0 ? 0 : rise / run, mean };
}
