import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { framed } from '../../models/learn/command-frame.ts';
import { commit, machine } from '../machine.ts';
import { chaos, type Outcome, SCENARIOS } from './chaos.ts';

export const usage = [
  'vitrine bench chaos [--url URL] [--only NAME,…] …',
  '  makes trouble for a server, and says whether what must hold then does; ends with 1 where not',
  '  --url URL      of a Vitrine that runs (http://HOST:PORT); those that reach into the process are',
  '                 left out then. Without it each gets a server of its own',
  '  --only NAMES   some of: ' + SCENARIOS.map(({ name }) => name).join(', '),
  '  --seconds S    how long trouble lasts that can last (3)',
  '  --patience-ms N  that a bystander may wait (2000)',
  '  --seed N       of what is sent (1)',
  '  --json FILE    all of it',
].join('\n');

export function run(args: string[]): Promise<number> {
  return framed(usage, () => parse(args), makeTrouble);
}

async function makeTrouble(options: ReturnType<typeof parse>): Promise<number> {
  const { json, ...rest } = options;
  if (rest.url !== undefined) {
    const why = await fetch(`${rest.url}/v2/health/live`).then(({ ok, status }) => (ok ? null : `says ${status}`),
      (error: Error) => (error.cause as Error | undefined)?.message ?? error.message);
    if (why !== null) {
      console.error(`${rest.url}: ${why}`);
      return 1;
    }
  }
  const before = { when: new Date().toISOString(), machine: machine(), commit: commit() };
  const outcomes = await chaos({ ...rest, say: (name) => console.error(`chaos: ${name} …`) });
  console.log(outcomes.map(text).join('\n'));
  const failed = outcomes.filter(({ outcome }) => outcome === 'fail').length;
  const skipped = outcomes.filter(({ outcome }) => outcome === 'skipped').length;
  console.log(`\n${outcomes.length - failed - skipped} held, ${failed} did not, ${skipped} skipped`);
  if (json !== undefined) writeFileSync(json, JSON.stringify({ ...before, seed: rest.seed, outcomes }, null, 1) + '\n');
  return failed > 0 ? 1 : 0;
}

function text({ name, expects, outcome, seen, seconds }: Outcome): string {
  const word = { pass: 'PASS', fail: 'FAIL', skipped: 'SKIP' }[outcome];
  const saw = outcome === 'skipped' ? 'why' : 'saw';
  return `${word}  ${name} (${seconds.toFixed(1)} s)\n      must: ${expects}\n      ${saw}:  ${seen}`;
}

function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      'patience-ms': { type: 'string', default: '2000' },
      json: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds || NaN);
  if (!(seconds >= 0.1 && seconds <= 3600)) throw new Error(`--seconds ${values.seconds}: 0.1 to 3600`);
  const seed = Number(values.seed || NaN);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error(`--seed ${values.seed}: 0 to 2^32 - 1`);
  const patienceMs = Number(values['patience-ms'] || NaN);
  if (!(patienceMs > 0)) throw new Error(`--patience-ms ${values['patience-ms']}: a number above 0`);
  const names = values.only?.split(',').map((name) => name.trim()).filter(Boolean);
  const unknown = names?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no scenario '${unknown}'; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`);
  }
  return {
    ...(values.url !== undefined && { url: origin(values.url) }),
    scenarios: names ? SCENARIOS.filter(({ name }) => names.includes(name)) : SCENARIOS,
    seconds, seed, patienceMs,
    ...(values.json !== undefined && { json: values.json }),
  };
}

function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:') throw new Error(`--url ${text}: http://HOST:PORT`);
  return url.origin;
}
