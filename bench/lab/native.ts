import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildLoad } from '../load.ts';
import { pinned } from '../process.ts';
import { DRAIN_SECONDS, LAG_US_MAX } from './limits.ts';
import { planFile, requestsFile, readRows } from './native-files.ts';
import type { Plan, Watch } from './plan.ts';
import { GeneratorLate, LoadProblem } from './problem.ts';
import type { Run } from './run.ts';
import { SHED_STATUS } from './target.ts';

/** The plan played by the C++ of `bench/load/`. SIGINT to the process group ends it early, with its rows. */
export async function generateNative(plan: Plan, watch?: Watch): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-load-'));
  try {
    const path = (name: string) => join(folder, name);
    await writeFile(path('requests'), requestsFile(plan));
    await writeFile(path('plan'), planFile(plan));
    const words = optionsOf(plan, watch);
    const files = ['--requests', path('requests'), '--plan', path('plan'), '--rows', path('rows')];
    const report = await play(plan, [...words, ...files], watch);
    const lagP99Us = plan.load.loop === 'open' ? report.lag_us.p99 : 0;
    const lagUsMax = plan.lagUsMax ?? LAG_US_MAX;
    if (plan.load.loop === 'open' && report.late) {
      const advice = 'Something else has its core, or the rate is more than one core can offer.';
      throw new GeneratorLate(lagP99Us, lagUsMax, advice);
    }
    const rows = readRows(await readFile(path('rows')));
    return {
      loop: plan.load.loop,
      startedAt: report.began_unix_ms,
      ...rows,
      generator: {
        name: 'native',
        lagP99Us,
        cpuSeconds: report.cpu_s,
        busy: report.busy,
        checked: report.checked,
        wrong: report.wrong,
        broken: report.broken,
        closed: report.closed,
        ...(report.complaint !== undefined && { complaint: report.complaint }),
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Report {
  readonly began_unix_ms: number;
  readonly cpu_s: number;
  readonly busy: number;
  readonly late: boolean;
  readonly lag_us: { readonly p99: number };
  readonly checked: number;
  readonly wrong: number;
  readonly broken: number;
  readonly closed: number;
  readonly complaint?: string;
}

interface ProgressLine {
  readonly at: number;
  readonly answered_per_s: number;
  readonly sheds: number;
  readonly failures: number;
  readonly mean_us: number;
  readonly p50_us: number;
  readonly p90_us: number;
  readonly p95_us: number;
  readonly p99_us: number;
}

function optionsOf({ target, load, ...plan }: Plan, watch: Watch | undefined): string[] {
  const { replies } = target;
  const marks = replies.by === 'order' || replies.by === 'id' ? replies : null;
  const headers = Object.entries(target.headers).map(([name, value]) => `${name}: ${value}`);
  const words: Record<string, string | number | undefined> = {
    host: target.host,
    port: target.port,
    transport: target.transport,
    wire: marks ? 'marks' : replies.by,
    path: target.path,
    subprotocol: target.subprotocol,
    loop: load.loop,
    connections: plan.connections,
    seconds: load.seconds,
    warm: 0,
    drain: plan.drainSeconds ?? DRAIN_SECONDS,
    seed: plan.seed,
    'spin-us': plan.spinUs,
    'lag-us-max': Math.min(plan.lagUsMax ?? LAG_US_MAX, 1e12),
    'progress-ms': watch && watch.windowSeconds * 1000,
    'shed-status': (marks?.shedStatus ?? SHED_STATUS).join(),
    'id-after': marks?.by === 'id' ? (marks.idAfter ?? '"id":') : undefined,
    'shed-mark': marks?.shed,
    'failed-mark': marks?.failed,
    'ok-mark': marks?.ok,
  };
  if (target.transport === 'http') words['whole'] = 1;
  else if (headers.length > 0) words['header'] = headers.join('\r\n');
  if (marks && target.transport === 'ws') words['text'] = plan.requests[0]?.text ? 1 : 0;
  if (load.loop === 'closed') {
    words['concurrency'] = load.concurrency;
    words['requests-max'] = load.requestsMax;
  }
  return Object.entries(words).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`--${name}`, String(value)]);
}

/** Resolves to the generator's last line. */
function play(plan: Plan, words: readonly string[], watch: Watch | undefined): Promise<Report> {
  const [command, args] = pinned(plan.core ?? null, buildLoad(), words);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let complaint = '';
    let report: Report | null = null;
    child.stderr.on('data', (text: Buffer) => (complaint = (complaint + text.toString()).slice(-4096)));
    createInterface(child.stdout).on('line', (line) => {
      const said = JSON.parse(line) as Report | ProgressLine;
      if ('lag_us' in said) report = said;
      else if (watch?.see(progressOf(said)) === true) child.kill('SIGTERM');
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 && report !== null) return resolve(report);
      const why = complaint.trim().replace(/^load: /, '') || `the generator ended with ${code ?? signal}`;
      reject(new LoadProblem(why, 1));
    });
  });
}

function progressOf(line: ProgressLine) {
  return {
    at: line.at,
    answeredPerS: line.answered_per_s,
    shed: line.sheds,
    failed: line.failures,
    meanUs: line.mean_us,
    p50Us: line.p50_us,
    p90Us: line.p90_us,
    p95Us: line.p95_us,
    p99Us: line.p99_us,
  };
}
