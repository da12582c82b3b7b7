import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseJson } from '../../server/catalog/parse-config.ts';
import { framed } from '../../models/learn/command-frame.ts';
import { ServeError } from '../../server/core/errors.ts';
import {
  type CurveLevel, type ForecastStep, planReplicas, type PlannedStep, readForecast, usableRate,
} from './capacity.ts';
import { perSecond } from './explain.ts';

export const usage = [
  'vitrine bench plan --curve FILE --slo-ms MS [--forecast FILE.csv | --peak RATE] …',
  '  how many servers a forecast needs, from the measured curve of one',
  '  --curve FILE      what `vitrine bench load --request-rate-range A:B:STEP --profile-export-file FILE`',
  '                    wrote, over rates from calm to too much',
  '  --slo-ms MS       the objective',
  '  --percentile P    of latency from due: 50, 90, 95, 99, 99.9 or 99.99 (99)',
  '  --forecast FILE   CSV with the columns time and rate (requests/s, the mean of a step)',
  '  --peak RATE       one step of this rate',
  '  --burst X         highest over mean rate within a step (1)',
  '  --imbalance X     the busiest server\'s share over an even one (1)',
  '  --headroom X      share of each server that is left free, 0..0.9 (0.2)',
  '  --spare N         servers that may be lost (1)',
  '  --format F        text or json (text)',
].join('\n');

const LATENCIES: Readonly<Record<string, string>> = {
  '50': 'p50', '90': 'p90', '95': 'p95', '99': 'p99', '99.9': 'p999', '99.99': 'p9999',
};

export function run(args: string[]): Promise<number> {
  return framed(usage, () => parse(args), plan);
}

async function plan(options: Options): Promise<number> {
  const { curve, sloMs, percentile, forecast, peak } = options;
  const levels = readCurve(curve, LATENCIES[percentile] as string);
  const usable = usableRate(levels, sloMs * 1000);
  if (usable.rate === 0) {
    throw new ServeError('bad_argument',
      `${curve}: its lowest rate already misses ${sloMs} ms at p${percentile}: no number of servers keeps it`);
  }
  const steps: ForecastStep[] = forecast === undefined
    ? [{ time: 'peak', rate: peak as number }]
    : await readForecast(forecast);
  const planned = planReplicas(steps, usable.rate, options);
  if (options.format === 'json') {
    console.log(JSON.stringify({ sloMs, percentile: Number(percentile), usable, steps: planned }, null, 1));
    return 0;
  }
  console.log(planText(planned, usable.rate, options));
  if (usable.known === 'beyond') {
    console.log('note: every measured rate keeps the objective: a server may carry more than the highest; measure on');
  }
  return 0;
}

/** Levels of an open loop, by rate. Fails with `bad_argument` where the file holds none. */
function readCurve(path: string, latency: string): CurveLevel[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ServeError('bad_argument', `${path}: ${(cause as Error).message}`, { cause });
  }
  const { experiments } = parseJson(text, path) as { experiments?: Experiment[] };
  const levels = (Array.isArray(experiments) ? experiments : [])
    .filter(({ experiment, measurement }) => experiment?.mode === 'request_rate' && measurement)
    .map(({ experiment, measurement }) => ({
      rate: Number(measurement?.offeredPerS ?? experiment?.value),
      us: Number(measurement?.fromDue?.[latency] ?? NaN),
    }));
  if (levels.length === 0) {
    throw new ServeError('bad_argument', `${path}: it holds no rates: measure with --request-rate-range`);
  }
  return levels;
}

interface Experiment {
  readonly experiment?: { readonly mode: string; readonly value: number };
  readonly measurement?: {
    readonly offeredPerS: number;
    readonly fromDue: Readonly<Record<string, number>>;
  };
}

function planText(planned: readonly PlannedStep[], usable: number, options: Options): string {
  const most = Math.max(...planned.map(({ replicas }) => replicas));
  const sum = planned.reduce((total, { replicas }) => total + replicas, 0);
  const width = Math.max(4, ...planned.map(({ time }) => time.length));
  return [
    `One server carries ${perSecond(usable)} with p${options.percentile} within ${options.sloMs} ms; ` +
      `${options.headroom * 100} % of it is left free, ${options.spare} may be lost.`,
    ...planned.map(({ time, rate, replicas, utilisation }) =>
      `  ${time.padEnd(width)}  ${perSecond(rate).padStart(12)}  ${String(replicas).padStart(5)} servers  ` +
        `${Math.round(utilisation * 100)} % of what those that must live can do`),
    `At most ${most}; following the forecast takes ${Math.round((100 * sum) / (most * planned.length))} % of ` +
      'what as many all the time would.',
  ].join('\n');
}

type Options = ReturnType<typeof parse>;

function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      curve: { type: 'string' },
      'slo-ms': { type: 'string' },
      percentile: { type: 'string', default: '99' },
      forecast: { type: 'string' },
      peak: { type: 'string' },
      burst: { type: 'string', default: '1' },
      imbalance: { type: 'string', default: '1' },
      headroom: { type: 'string', default: '0.2' },
      spare: { type: 'string', default: '1' },
      format: { type: 'string', default: 'text' },
    },
  });
  const number = (name: string, text: string, least: number, most: number): number => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= least && value <= most) return value;
    throw new Error(`--${name} ${text}: a number from ${least} to ${most}`);
  };
  const { curve, forecast, peak, percentile, format } = values;
  if (curve === undefined) throw new Error('name a measured curve: --curve FILE');
  if (values['slo-ms'] === undefined) throw new Error('say the objective: --slo-ms MS');
  if ((forecast === undefined) === (peak === undefined)) throw new Error('give a --forecast or a --peak');
  if (!Object.hasOwn(LATENCIES, percentile)) {
    throw new Error(`--percentile ${percentile}: one of ${Object.keys(LATENCIES).join(', ')}`);
  }
  if (format !== 'text' && format !== 'json') throw new Error(`--format ${format}: text or json`);
  const spare = number('spare', values.spare, 0, 1000);
  if (!Number.isInteger(spare)) throw new Error(`--spare ${values.spare}: a whole number`);
  return {
    curve, percentile, forecast, format, spare,
    sloMs: number('slo-ms', values['slo-ms'], 0.01, 600_000),
    peak: peak === undefined ? undefined : number('peak', peak, 0, 1e9),
    burst: number('burst', values.burst, 1, 100),
    imbalance: number('imbalance', values.imbalance, 1, 100),
    headroom: number('headroom', values.headroom, 0, 0.9),
  };
}
