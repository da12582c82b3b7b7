import { parseArgs } from 'node:util';
import { ServeError } from '../../server/core/errors.ts';
import { generate, GENERATORS, type GeneratorChoice } from '../lab/generate.ts';
import type { LoadTest } from '../lab/load-test.ts';
import { measure } from '../lab/measure.ts';
import type { Measurement } from '../lab/measurement.ts';
import { reportText } from '../lab/report/text.ts';
import { writeReports } from '../lab/report/write.ts';
import { watchServer } from '../lab/server-side.ts';
import { KINDS } from './action.ts';
import { trafficPlan, trafficTarget } from './plan.ts';
import { openSource, type Source } from './source.ts';
import { SOURCE_OPTIONS, SOURCE_USAGE, sourceOptions } from './source-options.ts';

export const usage = `vitrine bench traffic run -u URL --traffic PROFILE | --scenario NAME | --replay FILE [options]
vitrine bench load -u URL --traffic …       the same

Asks a Vitrine over WebSocket what visitors of a shop would, when they would; each session on one connection, in
order. Open loop: latency counts from when a request was due. Items are item-0, item-1, … by popularity;
  those of a
replay are the data set's.

${SOURCE_USAGE}
  -l MS --percentile P       the objective; of a scenario its own (p90 of 50 ms)
  --connections N (16)       --warm-up SECONDS (found by change-point)
  --generator auto|native|node   --lag-us-max N (1000)   --spin-us N (0)
  -f CSV  --profile-export-file JSON  --hdr FILE  --html FILE`;

const FEW = 500; // requests in which no change of level can be seen

const text = { type: 'string' } as const;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...SOURCE_OPTIONS,
      url: { ...text, short: 'u' }, connections: { ...text, default: '16' }, generator: { ...text,
        default: 'auto' },
      'latency-threshold': { ...text, short: 'l' }, percentile: text, 'warm-up': text,
      'lag-us-max': { ...text, default: '1000' }, 'spin-us': { ...text, default: '0' },
      'latency-report-file': { ...text, short: 'f' }, 'profile-export-file': text, hdr: text, html: text,
    },
  });
  if (values.url === undefined) {
    console.error(usage);
    return 2;
  }
  type Numbered = 'connections' | 'latency-threshold' | 'percentile' | 'warm-up' | 'lag-us-max' | 'spin-us';
  const number = (name: Numbered, most: number): number => {
    const value = Number(values[name]);
    if (values[name]?.trim() && value >= 0 && value <= most) return value;
    throw new ServeError('bad_argument', `--${name} is a number of 0..${most}, not '${values[name]}'`);
  };
  if (!(GENERATORS as readonly string[]).includes(values.generator)) {
    throw new ServeError('bad_argument', `--generator is one of ${GENERATORS.join(', ')}`);
  }
  const target = trafficTarget(values.url);
  const source = await openSource(sourceOptions(values));
  const { due, requests, seconds, sessions } = trafficPlan(source);
  if (due.length === 0) throw new ServeError('bad_argument',
    'nothing is asked in so short a time: more --seconds or --rate');
  console.error(`${source.name}: ${source.about}; ${due.length} requests of ${sessions} sessions in ${seconds} s …`);
  const when = new Date().toISOString();
  const server = await watchServer({ url: target.url, everyMs: 1000 });
  const run = await generate({
    target, requests, load: { loop: 'open', due, seconds }, connections: number('connections', 10_000),
    lagUsMax: number('lag-us-max', 1e12), spinUs: number('spin-us', 1e6),
  }, { generator: values.generator as GeneratorChoice, say: (said) =>
    console.error(said) }).catch(async (error: unknown) => {
    await server.stop(0);
    throw error;
  });
  const percentile = values.percentile !== undefined ? number('percentile', 99.999) : source.p90MsMax ? 90 : 99;
  const sloMs = values['latency-threshold'] !== undefined ? number('latency-threshold', 3.6e6)
    : source.p90MsMax;
  const measurement = measure(run, {
    percentile: percentile / 100, sloShare: percentile / 100, lagUsMax: number('lag-us-max', 1e12),
    ...(sloMs !== undefined && { sloUs: sloMs * 1000 }),
    ...(values['warm-up'] !== undefined ? { warmUpSeconds: number('warm-up', 3600) }
      : due.length < FEW && { warmUpSeconds: 0 }),
  });
  const test: LoadTest = {
    when, url: target.url, protocol: 'ws', batchSize: 1, mode: 'rate', arrivals: nameOf(source),
      seed: Number(values.seed),
    percentile, sloUs: sloMs === undefined ? null : sloMs * 1000, kindNames: KINDS,
    command: `vitrine bench traffic run ${args.join(' ')}`,
    levels: [{ value: due.length / seconds, run, measurement, server: await server.stop(run.startedAt) }],
  };
  console.log(reportText(test).trimEnd());
  console.log(kindsText(measurement));
  const { hdr, html, 'latency-report-file': csv, 'profile-export-file': json } = values;
  const files = { ...(csv && { csv }), ...(json && { json }), ...(hdr && { hdr }), ...(html && { html }) };
  for (const path of writeReports(test, files)) console.error(`written to ${path}`);
  const { goodput, counts } = measurement;
  if (sloMs !== undefined) {
    console.log(`p${percentile} <= ${sloMs} ms: ${goodput?.met ? 'met' : 'not met'} ` +
      `(${((goodput?.within ?? 0) * 100).toFixed(2)} % in time)`);
  }
  return counts.answered === 0 ? 1 : 0;
}

const nameOf = ({ name, speed }: Source): string => (speed === 1 ? name
  : `${name} at ${Number(speed.toPrecision(3))} times its speed`);

/** Each kind of request for itself: milliseconds from due. */
function kindsText({ kinds }: Measurement): string {
  const ms = (us: number): string => (us / 1000).toFixed(2).padStart(9);
  return [
    `  ${'kind'.padEnd(10)}${'due'.padStart(9)}${'answered'.padStart(9)}${'shed'.padStart(6)}${'not'.padStart(7)}` +
      ['p50 ms', 'p90 ms', 'p99 ms', 'max ms'].map((word) => word.padStart(9)).join(''),
    ...kinds.map(({ kind, offered, counts, fromDue }) => `  ${(KINDS[kind] ?? String(kind)).padEnd(10)}` +
      `${String(offered).padStart(9)}${String(counts.answered).padStart(9)}${String(counts.shed).padStart(6)}` +
      `${String(counts.failed + counts.unanswered + counts.held).padStart(7)}` +
      [fromDue.p50, fromDue.p90, fromDue.p99, fromDue.max].map(ms).join('')),
  ].join('\n');
}
