import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from './process.ts';
import { ROOT } from './machine.ts';

/** What to drive, and how. Left-out fields take the defaults of `load/options.h`. */
export interface LoadPlan {
  readonly host?: string; // an IPv4 address
  readonly port: number;
  readonly transport: 'ws' | 'http';
  readonly wire: 'msgpack' | 'json' | 'kserve';
  readonly path: string;
  readonly subprotocol?: string;
  readonly header?: string; // HTTP: one more line of every request's head
  readonly requests: string; // file, see load/requests.h
  readonly loop: 'closed' | 'open';
  readonly connections: number;
  readonly depth?: number;
  readonly lists?: number; // WebSocket, msgpack: so many requests in one message at most
  readonly rate?: number;
  readonly window?: number; // open loop: unanswered requests of a socket at most
  readonly 'patience-ms'?: number; // with a window: who waits longer for one is not sent
  readonly 'deadline-ms'?: number; // an answer later than this from due is not in time
  readonly arrivals?: 'poisson' | 'constant';
  readonly seed?: number;
  readonly seconds: number;
  readonly warm: number;
  readonly drain?: number;
  readonly 'spin-us'?: number; // spent awake before a request is due: 60, where it is not said
  readonly 'check-every'?: number;
}

/** Microseconds. Quantiles are right to one part in 128. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
  readonly mean: number;
}

/** The generator's one line; `load/tally.h` says what each count is. */
export interface LoadReport {
  readonly answered_per_s: number;
  readonly in_time_per_s: number; // of these, within `deadline-ms`
  readonly sent_total: number;
  readonly replies_total: number;
  readonly answers: number;
  readonly sheds: number;
  readonly failures: number;
  readonly unanswered: number;
  readonly held: number; // never sent, for want of a window
  readonly checked: number;
  readonly wrong: number;
  readonly broken: number;
  readonly closed: number;
  readonly from_due_us: Latency;
  readonly from_send_us: Latency;
  readonly lag_us: Latency;
  readonly late: boolean; // the generator's own p99 lag was over 1 ms: the run proves nothing
  readonly busy: number; // share of the window in which it was not asleep; closed loops only
  readonly own_cpu_us: number; // a reply
}

/** Drives a server from `core`. Rejects when the server can't be reached or refuses the handshake. */
export async function runLoad(plan: LoadPlan, core: number | null): Promise<LoadReport> {
  const words = Object.entries(plan).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const [command, args] = pinned(core, buildLoad(), words);
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as LoadReport;
}

const FLAGS = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Wconversion', '-Werror'];

/**
 * The generator's binary, compiled when its sources have changed, which `say` is told. Throws with the
 * compiler's words.
 */
export function buildLoad(say: (text: string) => void = () => {}): string {
  const folder = join(ROOT, 'bench/load');
  const sources = readdirSync(folder).sort().map((name) => join(folder, name));
  const hash = createHash('sha256').update(FLAGS.join());
  for (const path of sources) hash.update(readFileSync(path));
  const binary = join(ROOT, `build/bench/load-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(binary)) return binary;
  if (process.platform !== 'linux') throw new Error('the load generator needs Linux (epoll)');
  mkdirSync(join(ROOT, 'build/bench'), { recursive: true });
  const command = compiler();
  say('the load generator is compiled, once …');
  const units = sources.filter((path) => path.endsWith('.cc'));
  const part = `${binary}.${process.pid}`; // two runs may build at once; the rename is whole
  const done = spawnSync(command, [...FLAGS, ...units, '-o', part], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the load generator does not compile:\n${done.stderr}`);
  renameSync(part, binary);
  return binary;
}

function compiler(): string {
  const names = process.env['CXX'] ? [process.env['CXX']] : ['c++', 'g++', 'clang++'];
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (!found) throw new Error(`no C++20 compiler (${names.join(', ')}): apt-get install g++`);
  return found;
}
