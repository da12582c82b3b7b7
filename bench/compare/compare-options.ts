/** The words of `vitrine bench compare`; all others are those of `vitrine bench load`. */
import { LoadProblem } from '../lab/problem.ts';
import { JUDGED, METRICS } from './judge.ts';

export interface CompareOptions {
  readonly pairs: number;
  readonly seconds: number; // of a block, after its warm-up
  readonly warmUp: number;
  readonly tolerance: number; // percent
  readonly alpha: number;
  readonly judged: readonly string[];
  readonly keep: boolean;
  readonly pin: boolean;
  readonly json?: string;
  readonly html?: string;
}

export const usage = `vitrine bench compare A B -m MODEL [options] [options of vitrine bench load]
vitrine bench compare --simulate                    false alarms and power on made-up latencies
  Is B faster or slower than A? Blocks of load on A and on B in pairs, a coin saying which is first, judged
  after each pair: it ends when it knows. Exit code: 0, no difference beyond the tolerance; 1, they differ;
  4, neither could be shown; 3, the generator lagged.

sides: each of A and B is
  http://… or ws://…        a server that runs; Vitrine or any that vitrine bench load drives
  FOLDER or COMMIT          a build: a checkout, or what git knows (a branch, HEAD~3), built under build/bench
  NAME=VALUE,…              settings of this build;  COMMIT,NAME=VALUE,… of another; . is this build

  --pairs N                 at most (60)
  --block-seconds S         measured of a block (3);  --block-warm-up S before it (1)
  --tolerance P             what is too small to matter, in percent (5)
  --judge NAME,…            figures it must hold of (${JUDGED.join(',')}); may be any of
                            ${METRICS.map(({ name }) => name).join(', ')}
  --alpha A                 chance of a wrong answer (0.05)
  --keep                    builds stay up; without it each block has a process of its own
  --no-pin                  without it builds run on one core and the native generator on another
  --json FILE, --html FILE

  vitrine bench compare HEAD~5 . -m intent -i ws --request-rate-range 5000
  vitrine bench compare . VITRINE_FRONT_ENDS=2 -m intent -i ws --concurrency-range 256 --no-pin
  vitrine bench compare http://127.0.0.1:8080 http://127.0.0.1:8000 -m intent --request-rate-range 500`;

const FLAGS = ['keep', 'no-pin'] as const;
const VALUES = [
  'pairs', 'block-seconds', 'block-warm-up', 'tolerance', 'judge', 'alpha', 'json', 'html',
] as const;

/** The sides (which come first), our options, and what is left for `vitrine bench load`. */
export function ownOptions(args: readonly string[]): { words: string[]; own: CompareOptions; rest: string[] } {
  const words: string[] = [];
  const rest: string[] = [];
  const said = new Map<string, string>();
  const flags = new Set<string>();
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string;
    const [name = '', joined] = word.startsWith('--') ? word.slice(2).split(/=(.*)/s) : [];
    if ((FLAGS as readonly string[]).includes(name)) flags.add(name);
    else if ((VALUES as readonly string[]).includes(name)) {
      const value = joined ?? args[at += 1];
      if (value === undefined) throw new LoadProblem(`--${name} wants a value`);
      said.set(name, value);
    } else if (words.length < 2 && rest.length === 0 && !word.startsWith('-')) words.push(word);
    else rest.push(word);
  }
  const number = (name: (typeof VALUES)[number], usual: number, least: number, most: number): number => {
    const word = said.get(name);
    if (word === undefined) return usual;
    const value = word.trim() === '' ? NaN : Number(word);
    if (value >= least && value <= most) return value;
    throw new LoadProblem(`--${name} is ${least}..${most}, not '${word}'`);
  };
  const judged = said.get('judge')?.split(',') ?? JUDGED;
  const unknown = judged.find((one) => !METRICS.some(({ name, as }) => name === one && as === 'ratio'));
  if (unknown !== undefined) throw new LoadProblem(`--judge knows no '${unknown}'`);
  const [json, html] = [said.get('json'), said.get('html')];
  return {
    words, rest,
    own: {
      pairs: Math.round(number('pairs', 60, 1, 500)), seconds: number('block-seconds', 3, 0.05, 3600),
      warmUp: number('block-warm-up', 1, 0, 3600), tolerance: number('tolerance', 5, 0, 1000),
      alpha: number('alpha', 0.05, 1e-6, 0.5), judged, keep: flags.has('keep'), pin: !flags.has('no-pin'),
      ...(json !== undefined && { json }), ...(html !== undefined && { html }),
    },
  };
}
