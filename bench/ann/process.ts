/** The bench's end of an engine: a child process on the engines' core. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { ROOT } from '../machine.ts';
import { CORES, pinned } from '../process.ts';
import type { Built, Command, Failed, Lived, Timed } from './protocol.ts';

/** What runs the engine called `name`. */
export type Program =
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'python'; readonly python: string; readonly name: string };

type Reply<C extends Command> = C extends { do: 'build' }
  ? Built
  : C extends { do: 'time' | 'add' | 'remove' | 'refine' }
    ? Timed
    : C extends { do: 'live' }
      ? Lived
      : Record<string, never>;

/** One thread, whatever library a peer multiplies with. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const SAID_CHARS_MAX = 8192; // of what an engine wrote to stderr, for the report of its death

/** One engine. Commands are answered in turn; a failed one rejects, and so does the engine's death. */
export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve(reply: object): void; reject(error: Error): void }[] = [];
  #said = '';

  /** `core` null leaves the choice to the system: builds may use them all. */
  constructor(private readonly program: Program, core: number | null = CORES.server) {
    const [command, args] = pinned(core, ...commandLine(program));
    const env = { ...process.env, ...(program.kind === 'python' && ONE_THREAD) };
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const replies = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    replies.on('line', (line) => this.#hear(line));
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#said = (this.#said + text.toString()).slice(-SAID_CHARS_MAX);
    });
    this.#child.stdin?.on('error', () => {}); // its exit says more
    this.#child.once('error', (error) => this.#fail(error.message));
    this.#child.once('exit', (code, signal) => this.#fail(`ended with ${code ?? signal}: ${this.#said}`));
    RUNNING.add(this.#child);
  }

  ask<C extends Command>(command: C): Promise<Reply<C>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: (reply) => resolve(reply as Reply<C>), reject });
      this.#child.stdin?.write(JSON.stringify(command) + '\n');
    });
  }

  stop(): void {
    RUNNING.delete(this.#child);
    this.#child.kill('SIGKILL'); // what it made is in files
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return; // a library that prints
    const reply = JSON.parse(line) as object;
    const waiting = this.#waiting.shift();
    const { error } = reply as Partial<Failed>;
    if (error) waiting?.reject(new Error(`${this.program.name}: ${error}`));
    else waiting?.resolve(reply);
  }

  #fail(why: string): void {
    RUNNING.delete(this.#child);
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${this.program.name} ${why}`));
  }
}

const RUNNING = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of RUNNING) child.kill('SIGKILL');
});

function commandLine(program: Program): [string, string[]] {
  if (program.kind === 'python') {
    return [program.python, [join(ROOT, 'bench/ann/engines/faiss_main.py'), program.name]];
  }
  return [process.execPath, ['--expose-gc', join(ROOT, 'dist/bench/ann/engine-main.js'), program.name]];
}
