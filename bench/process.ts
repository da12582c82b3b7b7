import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The cores of a run: servers on the first, the generator on the second, where there are two. */
export const CORES: { readonly server: number | null; readonly load: number | null } = canPin()
  ? { server: 0, load: 1 }
  : { server: null, load: null };

/** A server under test, in a process of its own. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /**
   * Microseconds of CPU that all its threads, and those of processes under it, have used so far; NaN
   * where /proc has no schedstat.
   */
  cpuUs(): number;
  stop(): Promise<void>;
}

const START_MS_MAX = 30_000;

/**
 * Starts a program, Node where no other is named, pinned to the servers' core where none is named
 * (null: to none), and resolves once a line of its output holds an address on 127.0.0.1. Rejects with what it printed
 * when it ends first or says nothing in `startMsMax`.
 */
export function startServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  core: Pin = CORES.server,
  startMsMax: number = START_MS_MAX,
  program: string = process.execPath,
): Promise<ServerProcess> {
  const [command, words] = pinned(core, program, args);
  const child = spawn(command, words, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  CHILDREN.add(child);
  return new Promise((resolve, reject) => {
    let said = '';
    const giveUp = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${args.join(' ')} ${why}:\n${said}`));
    };
    const timer = setTimeout(() => giveUp(`did not listen within ${startMsMax} ms`), startMsMax);
    const hear = (text: Buffer) => {
      said = (said + text.toString()).slice(-16_384);
      const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (!port) return;
      clearTimeout(timer);
      const pid = child.pid ?? 0;
      resolve({ port: Number(port), pid, cpuUs: () => cpuUs(pid), stop: () => stop(child) });
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => giveUp(`ended with ${code}`));
  });
}

/** A core, or several as `0-2`; null is none in particular. */
export type Pin = number | string | null;

/** The command line that runs `command` on these cores; `null` leaves the choice to the system. */
export function pinned(
  core: Pin,
  command: string,
  args: readonly string[],
): [string, string[]] {
  if (core === null) return [command, [...args]];
  return ['taskset', ['-c', String(core), command, ...args]]; // it execs: the process id stays
}

const CHILDREN = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of CHILDREN) child.kill('SIGKILL');
});

function stop(child: ChildProcess): Promise<void> {
  CHILDREN.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    // It holds nothing worth keeping, and neither does what it has started.
    for (const pid of descendants(child.pid ?? 0)) killOne(pid);
    child.kill('SIGKILL');
  });
}

/** Nanosecond counts of the scheduler; `/proc/PID/stat` has ticks of 10 ms. */
function cpuUs(pid: number): number {
  try {
    return ownCpuUs(pid) + descendants(pid).reduce((sum, child) => sum + ownCpuUs(child), 0);
  } catch {
    return NaN; // one of them has just ended, or there is no /proc
  }
}

function ownCpuUs(pid: number): number {
  const folder = `/proc/${pid}/task`;
  const threads = readdirSync(folder).map((id) => readFileSync(`${folder}/${id}/schedstat`, 'utf8'));
  return threads.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1000, 0);
}

/** Processes under this one; none where the kernel does not say. */
function descendants(pid: number): number[] {
  try {
    const folder = `/proc/${pid}/task`;
    const children = readdirSync(folder)
      .flatMap((id) => readFileSync(`${folder}/${id}/children`, 'utf8').split(' '))
      .filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

export function canPin(): boolean {
  return availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;
}
