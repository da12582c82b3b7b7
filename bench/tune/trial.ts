/** A setting tried out: a server of its own, and the highest rate at which it keeps the objective. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generate } from '../lab/generate.ts';
import type { SearchResult } from '../lab/load-test.ts';
import { ownModelPlan, residentBytes } from '../lab/own-model.ts';
import type { Plan } from '../lab/plan.ts';
import { GeneratorLate } from '../lab/problem.ts';
import type { Run } from '../lab/run.ts';
import { schedule } from '../lab/schedule.ts';
import { highestLoad, type Probe } from '../lab/search.ts';
import { canPin, type Pin, type ServerProcess } from '../process.ts';
import { startVitrine } from '../sides.ts';
import type { Slo } from './predict.ts';
import { configured, environment, type Setting } from './setting.ts';

export interface Trial {
  /** Highest requests/s at which the objective was kept; 0 where it was at none. */
  readonly rate: number;
  /** Of the server, after all that. NaN where it does not say. */
  readonly residentBytes: number;
  /** Microseconds of the server's CPU, all threads, a request, kept full; NaN where nobody says. */
  readonly cpuUs: number;
  readonly tried: SearchResult['tried'];
}

export interface TrialOptions {
  readonly repository: string;
  readonly model: string;
  /** The model's `config.json` as it stands. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly slo: Slo;
  readonly seconds: number; // of one probe, its warm-up included
  readonly seed: number;
  readonly cores: Cores;
}

/** Who runs where: a load that takes the server's cores would have its share of every figure. */
export interface Cores {
  /** That the server may use. */
  readonly count: number;
  readonly server: Pin;
  readonly load: number | null;
}

/** All cores but the last, or the first `count` of them, are the server's; the last is the load's. */
export function shareCores(count?: number): Cores {
  const all = availableParallelism();
  if (!canPin()) return { count: count ?? all, server: null, load: null };
  const own = Math.min(count ?? all - 1, all - 1);
  return { count: own, server: `0-${own - 1}`, load: all - 1 };
}

const CONCURRENCY = 512; // eight on each connection
const FULL_SECONDS = 0.5;
const WARM_SHARE = 0.3;
const BEGIN = 1 / 16; // of the first guess: a server is not flooded before it is known
const PRECISION = 0.06;
const RATE_MAX = 2_000_000;

/** Starts a server with nothing but the model in it, drives it, and ends it. `from` is a first guess. */
export async function tryOut(
  setting: Setting | null, from: number, options: TrialOptions,
): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-tune-'));
  let server: ServerProcess | undefined;
  try {
    layOut(folder, setting, options);
    const settings = setting ? environment(setting) : {};
    server = await startVitrine(folder, options.model, { ...settings, VITRINE_DEMO: 'no' },
      options.cores.server);
    const { port } = server;
    const { load: core } = options.cores;
    const plan = {
      ...await ownModelPlan(port, options.model, options.seed, core),
      ...(core === null && { spinUs: 0 }), // it may not take a core from the server
    };
    const cpuUs = await fullCpuUs(server, plan);
    const low = Math.max(1, from * BEGIN);
    const { rate, tried } = await highestLoad((load) => probe(plan, load, options), {
      low, high: RATE_MAX, precision: PRECISION,
    });
    return { rate, tried, cpuUs, residentBytes: await residentBytes(`http://127.0.0.1:${port}`) };
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The repository's model alone, its versions by links, with the setting in its config. */
function layOut(folder: string, setting: Setting | null, options: TrialOptions): void {
  const { repository, model, config } = options;
  const from = resolve(repository, model);
  const to = join(folder, 'models', model);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== 'config.json') symlinkSync(join(from, name), join(to, name));
  }
  const written = setting ? configured(config, setting) : config;
  writeFileSync(join(to, 'config.json'), JSON.stringify(written));
}

/** What a request costs a server that is never idle; compiles and caches what is used, too. */
async function fullCpuUs(server: ServerProcess, plan: Omit<Plan, 'load'>): Promise<number> {
  const load = { loop: 'closed', concurrency: CONCURRENCY } as const;
  await generate({ ...plan, load: { ...load, seconds: FULL_SECONDS } });
  const beforeUs = server.cpuUs();
  const run = await generate({ ...plan, load: { ...load, seconds: FULL_SECONDS } });
  return (server.cpuUs() - beforeUs) / run.due.length;
}

async function probe(plan: Omit<Plan, 'load'>, rate: number, options: TrialOptions): Promise<Probe> {
  const { slo, seconds, seed } = options;
  const due = schedule({ law: 'poisson', rate }, seconds, seed);
  if (due.length === 0) return { within: 1, met: true };
  const lagUsMax = Math.max(1000, (slo.ms * 1000) / 4);
  try {
    const run = await generate({ ...plan, load: { loop: 'open', due, seconds }, lagUsMax });
    const within = withinShare(run, slo.ms / 1000, seconds * WARM_SHARE);
    return { within, met: within >= slo.share };
  } catch (error) {
    if (error instanceof GeneratorLate) return { within: 0, met: false };
    throw error;
  }
}

function withinShare({ due, done, outcome }: Run, sloSeconds: number, from: number): number {
  let asked = 0;
  let good = 0;
  for (let at = 0; at < due.length; at += 1) {
    if ((due[at] as number) < from) continue;
    asked += 1;
    if (outcome[at] === 0 && (done[at] as number) - (due[at] as number) <= sloSeconds) good += 1;
  }
  return asked === 0 ? 1 : good / asked;
}
