import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { ServeError } from '../core/errors.ts';
import { METRICS } from './definition.ts';
import { readLines } from './experiment-log.ts';
import type { Line } from './log-lines.ts';
import { exploredSlots, exposedUnits, offPolicy } from './off-policy.ts';
import { armPolicies, POLICIES, type Policy, policyNamed, policyOf } from './policies.ts';
import { ofRate, unitsNeeded } from './power.ts';
import { evaluationText, exploringText, powerText, simulationText } from './said.ts';
import { simulate } from './simulate.ts';
import { simulateExploring } from './simulate-exploring.ts';

export const usage = [
  'vitrine experiment evaluate NAME [--data DIR] [--policy NAME|FILE.json]… [--reward click] [--json]',
  '  what another policy would have got in the slots that an exploring experiment logged: IPS, SNIPS and',
  '  DR with 95 % bounds; refuses where too little of the log speaks of the policy (exit code 3)',
  ...Object.entries(POLICIES).map(([name, what]) => `    ${name.padEnd(8)} ${what}`),
  '    arm:NAME every unit of an A/B experiment gets the arm',
  '    a file   {"weights": {"score": 1, "place": 0, "clicked": 2, "shown": 0}, "temperature": 0.1}',
  '  --reward       click, cart or purchase (click)',
  '',
  'vitrine experiment power --rate R --lift L [--alpha .05] [--power .8] [--mean M --deviation D] [--json]',
  '  units that an A/B experiment needs, both arms together, looked at once and looked at always',
  '  --rate         share of the units that do it under the control',
  '  --mean, --deviation   of revenue a unit, in place of --rate',
  '  --lift         relative: 0.05 is 5 % more',
  '',
  'vitrine experiment simulate [--lift 0] [--runs 1000] [--units 10000] [--rate .05] [--metric click]',
  '              [--kind ab|interleave] [--delay 50] [--alpha .05] [--horizon UNITS] [--seed 1] [--json]',
  '  how often bounds that are looked at after every unit find a difference: with a lift of 0 (A/A) each',
  '  is an error, and there are at most alpha of them; beside it, a z-test looked at as often, and once',
  '',
  'vitrine experiment simulate --kind explore [--runs 20] [--units 5000] [--items 10] [--uniform .1]',
  '              [--width .3] [--seed 1] [--json]',
  '  clicks lost to the best choice (regret) in slots of visitors of two kinds, by an even choice,',
  '  Thompson sampling and LinUCB, and what IPS says from each log of the choice that is best for all',
].join('\n');

const REFUSED = 3;

export function run(args: string[]): Promise<number> {
  const [what, ...rest] = args;
  switch (what) {
    case 'evaluate': return Promise.resolve(evaluateLog(rest));
    case 'power': return Promise.resolve(power(rest));
    case 'simulate': return Promise.resolve(simulated(rest));
    default:
      console.error(usage);
      return Promise.resolve(2);
  }
}

function evaluateLog(args: string[]): number {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: {
    data: { type: 'string' }, policy: { type: 'string', multiple: true }, reward: { type: 'string' },
    json: { type: 'boolean' },
  } });
  const [name] = positionals;
  const reward = values.reward ?? 'click';
  if (name === undefined || !isReward(reward)) {
    console.error(usage);
    return 2;
  }
  const folder = values.data ?? readConfig(process.env).dataDir;
  const lines: Line[] = [];
  readLines(join(folder, 'experiments', `${name}.jsonl`), (line) => {
    if (line[0] !== 'a' && line[0] !== 'l' && line[0] !== 'm') lines.push(line);
  });
  const [first] = lines;
  const kind = first?.[0] === 'begun' ? first[2].kind : 'explore';
  const slots = kind === 'ab' ? exposedUnits(lines, reward) : exploredSlots(lines, reward);
  if (slots.length === 0) {
    throw new ServeError('bad_argument',
      `'${name}' has logged nothing with a propensity: it has not run, or its kind is 'interleave'`);
  }
  const policies = values.policy ?? (kind === 'ab' ? armPolicies(slots) : Object.keys(POLICIES));
  const odd = policies.find((policy) => kind === 'ab' !== policy.startsWith('arm:'));
  if (odd !== undefined) {
    throw new ServeError('bad_argument', kind === 'ab'
      ? `'${odd}' chooses items: of an A/B experiment there are ${armPolicies(slots).join(', ')}`
      : `'${odd}' chooses arms: '${name}' explores items`);
  }
  const found = policies.map((policy) => ({
    policy,
    ...offPolicy(policy.endsWith('.json') ? { policy: policyIn(policy), slots } : policyNamed(policy, slots)),
  }));
  const what = kind === 'ab' ? 'units' : 'explored slots';
  console.log(values.json ? JSON.stringify(found, null, 2) : evaluationText(name, reward, found, what));
  return found.some(({ estimates }) => estimates === null) ? REFUSED : 0;
}

function policyIn(path: string): Policy {
  const text = readFileSync(path, 'utf8');
  try {
    return policyOf(JSON.parse(text));
  } catch (cause) {
    if (cause instanceof ServeError) throw cause;
    throw new ServeError('bad_argument', `${path}: ${(cause as Error).message}`, { cause });
  }
}

function power(args: string[]): number {
  const { values } = parseArgs({ args, options: {
    rate: { type: 'string' }, lift: { type: 'string' }, alpha: { type: 'string' },
    power: { type: 'string' }, mean: { type: 'string' }, deviation: { type: 'string' },
    json: { type: 'boolean' },
  } });
  const lift = number(values.lift, 'lift', 1e-6, 1000);
  const alpha = number(values.alpha ?? '0.05', 'alpha', 1e-4, 0.5);
  const wanted = number(values.power ?? '0.8', 'power', 0.5, 0.999);
  const byRate = values.mean === undefined;
  const rate = byRate ? number(values.rate, 'rate', 1e-9, 1 - 1e-9) : number(values.mean, 'mean', 1e-9, 1e12);
  const spread = byRate ? 0 : number(values.deviation, 'deviation', 1e-9, 1e12) ** 2;
  if (byRate && rate * (1 + lift) >= 1) throw new ServeError('bad_argument', 'the lifted rate is 1 or more');
  const [control, arm] = [rate, rate * (1 + lift)].map((mean) =>
    byRate ? ofRate(mean) : { mean, variance: spread }) as [ReturnType<typeof ofRate>, ReturnType<typeof ofRate>];
  const needed = unitsNeeded({ lift: rate * lift, control, arm, alpha, power: wanted });
  const said = { rate, lift, alpha, power: wanted, ...needed };
  console.log(values.json ? JSON.stringify(said) : powerText(said));
  return 0;
}

function simulated(args: string[]): number {
  const { values } = parseArgs({ args, options: {
    lift: { type: 'string' }, runs: { type: 'string' }, units: { type: 'string' },
    rate: { type: 'string' }, metric: { type: 'string' }, kind: { type: 'string' },
    delay: { type: 'string' }, alpha: { type: 'string' }, horizon: { type: 'string' },
    seed: { type: 'string' }, items: { type: 'string' }, uniform: { type: 'string' },
    width: { type: 'string' }, json: { type: 'boolean' },
  } });
  if (values.kind === 'explore') {
    const world = {
      runs: whole(values.runs ?? '20', 'runs', 1, 10_000),
      slots: whole(values.units ?? '5000', 'units', 100, 1_000_000),
      items: whole(values.items ?? '10', 'items', 2, 50),
      uniform: number(values.uniform ?? '0.1', 'uniform', 0.01, 1),
      width: number(values.width ?? '0.3', 'width', 0, 100),
      seed: whole(values.seed ?? '1', 'seed', 0, 2 ** 32 - 1),
    };
    const found = simulateExploring(world);
    console.log(values.json ? JSON.stringify({ ...world, ...found }) : exploringText(world, found));
    return 0;
  }
  const kind = values.kind ?? 'ab';
  const metric = METRICS.find((one) => one === (values.metric ?? 'click'));
  if (metric === undefined || (kind !== 'ab' && kind !== 'interleave')) {
    console.error(usage);
    return 2;
  }
  const units = whole(values.units ?? '10000', 'units', 100, 10_000_000);
  const world = {
    kind, metric, units,
    runs: whole(values.runs ?? '1000', 'runs', 1, 1_000_000),
    rate: number(values.rate ?? '0.05', 'rate', 1e-6, 1),
    lift: number(values.lift ?? '0', 'lift', -0.99, 1000),
    delay: number(values.delay ?? '50', 'delay', 0, 1e9),
    alpha: number(values.alpha ?? '0.05', 'alpha', 1e-4, 0.5),
    horizon: whole(values.horizon ?? String(units), 'horizon', 100, 1_000_000_000),
    seed: whole(values.seed ?? '1', 'seed', 0, 2 ** 32 - 1),
  } as const;
  const found = simulate(world);
  console.log(values.json ? JSON.stringify({ ...world, ...found }) : simulationText(world, found));
  return 0;
}

function isReward(text: string): text is 'click' | 'cart' | 'purchase' {
  return text === 'click' || text === 'cart' || text === 'purchase';
}

function whole(text: string, name: string, min: number, max: number): number {
  const value = number(text, name, min, max);
  if (Number.isInteger(value)) return value;
  throw new ServeError('bad_argument', `--${name} ${text} is no whole number`);
}

function number(text: string | undefined, name: string, min: number, max: number): number {
  const value = text === undefined || text === '' ? NaN : Number(text);
  if (value >= min && value <= max) return value;
  const got = text === undefined ? 'is missing' : `'${text}' is wrong`;
  throw new ServeError('bad_argument', `--${name} ${got}: a number from ${min} to ${max}`);
}
