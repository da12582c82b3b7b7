/**
 * A process that does nothing but use a core for as many milliseconds as it is told: what a server
 * that shares its core with anything has to put up with.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CORES, pinned } from '../process.ts';

export interface Burner {
  /** Resolves when it has used so many milliseconds of CPU. */
  burn(ms: number): Promise<void>;
  stop(): void;
}

/** On the servers' core. `nice` is 0..19: higher gives way to others. */
export function startBurner(nice: number): Burner {
  const [execPath, execArgv] = pinned(CORES.server, process.execPath, []);
  const child = fork(fileURLToPath(import.meta.url), ['burn'], { execPath, execArgv });
  setPriority(child.pid as number, nice);
  return {
    async burn(ms) {
      child.send(ms);
      await once(child, 'message');
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

if (process.argv[2] === 'burn') {
  process.on('message', (ms: number) => {
    const from = process.cpuUsage();
    for (;;) {
      const { user, system } = process.cpuUsage(from);
      if (user + system >= ms * 1000) break;
    }
    process.send?.(ms);
  });
}
