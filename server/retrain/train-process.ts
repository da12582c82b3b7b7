import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TrainingRun } from './retrainer.ts';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
const NICE = 10; // requests come first
const SAID_MAX = 2000; // characters of what it said last
const NOT_PROMOTED = 3; // they end so where a model does not beat its baselines

/** A training command with `--candidate` in a process of its own, below the server's priority. */
export function trainApart(dataDir: string, command: readonly string[]): TrainingRun {
  const [name = '', ...rest] = command;
  const args = [CLI, name, '--data', dataDir, '--candidate', ...rest];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) {
    try {
      setPriority(child.pid, NICE);
    } catch {
      // It may be over already, or the system may not let us: it is a courtesy.
    }
  }
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-SAID_MAX);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const ended = new Promise<Awaited<TrainingRun['ended']>>((resolve) => {
    child.once('error', (cause) => resolve({ failed: cause.message }));
    child.once('close', (code, signal) => {
      if (code === 0) resolve('trained');
      else if (code === NOT_PROMOTED) resolve('refused');
      else resolve({ failed: `ended with ${signal ?? code}: ${said.trim().split('\n').at(-1) ?? ''}` });
    });
  });
  return { ended, stop: () => void child.kill('SIGINT') };
}
