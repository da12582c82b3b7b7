import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a probe found: facts, or why there are none, in one line. */
export type Probed<Facts> =
  | { readonly facts: Facts; readonly why?: undefined }
  | { readonly facts?: undefined; readonly why: string };

/** What each part of `probe-process.ts` finds out. */
export interface Facts {
  transport: {
    readonly name: string | null; // of the uWebSockets.js that loads
    readonly skipped: readonly { readonly name: string; readonly why: string }[];
  };
  addon: { readonly abi: number; readonly isas: readonly string[] };
  onnxruntime: { readonly version: string; readonly providers: readonly string[] };
  tfjs: { readonly version: string; readonly backends: readonly string[] };
  lmdb: Record<string, never>; // that a store can be made and written
  models: readonly ModelFact[];
  texts: {
    readonly version: string; readonly numbers: number; readonly tokens: number; readonly milliseconds: number;
  };
}
export interface ModelFact {
  readonly name: string;
  readonly platform: string; // empty where the config cannot be read
  readonly versions: readonly number[];
  readonly why: string; // empty: it can be read
}

const script = fileURLToPath(new URL('./probe-process.js', import.meta.url));
const SECONDS_MAX = 30;
const SAID_MAX = 65_536; // characters

/**
 * Looks at one part in a process of its own: a binary for another machine, or half of one, may end
 * the process that loads it. Never rejects.
 */
export function probe<Part extends keyof Facts>(
  part: Part, args: readonly string[] = [], file = script,
): Promise<Probed<Facts[Part]>> {
  return new Promise((resolve) => {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'] as const;
    const child = spawn(process.execPath, [file, part, ...args], { stdio: [...stdio] });
    let answer = '';
    let said = '';
    // Its own pipe: libraries write to stdout what they like.
    child.stdio[3]?.on('data', (chunk: Buffer) => { answer += chunk.toString(); });
    child.stderr?.on('data', (chunk: Buffer) => { said = (said + chunk).slice(0, SAID_MAX); });
    child.stdout?.resume();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, SECONDS_MAX * 1000);
    child.on('error', ({ message }) => resolve({ why: message }));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) resolve({ why: `no answer within ${SECONDS_MAX} s` });
      else if (answer !== '') resolve(parse(answer));
      else resolve({ why: `loading it ended the process with ${signal ?? code}${tail(said)}` });
    });
  });
}

function parse<F>(answer: string): Probed<F> {
  try {
    return JSON.parse(answer) as Probed<F>;
  } catch {
    return { why: 'it answered with half a message' };
  }
}

/** The line that says most of a crash: the first that names an error. */
function tail(said: string): string {
  const lines = said.split('\n').filter((text) => text.trim() !== '');
  const found = lines.find((text) => /error/i.test(text)) ?? lines.at(-1);
  return found === undefined ? '' : ` (${found.trim().slice(0, 200)})`;
}
