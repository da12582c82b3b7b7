/** The words of `vitrine bench load`. perf_analyzer's names where they mean the same. */
import { parseArgs } from 'node:util';
import { GENERATORS, type GeneratorChoice } from './generate.ts';
import { LoadProblem } from './problem.ts';
import { BURSTS } from './schedule.ts';

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean', default: false } as const;

const OPTIONS = {
  url: { ...text, short: 'u', default: '127.0.0.1:8080' },
  protocol: { ...text, short: 'i' },
  header: { ...list, short: 'H' },
  'model-name': { ...text, short: 'm' },
  'model-version': { ...text, short: 'x', default: '' },
  'batch-size': { ...text, short: 'b', default: '1' },
  'input-data': { ...text, default: 'random' },
  shape: list,
  'string-length': { ...text, default: '128' },
  'input-tensor-format': { ...text, default: 'binary' },
  'output-tensor-format': { ...text, default: 'binary' },
  encoding: { ...text, default: 'msgpack' },
  'deadline-ms': text,
  priority: text,
  template: text,
  'concurrency-range': text,
  'request-rate-range': text,
  'request-distribution': { ...text, default: 'poisson' },
  'request-intervals': text,
  trace: text,
  speed: { ...text, default: '1' },
  variation: { ...text, default: '3' },
  burst: { ...text, default: `${BURSTS.height}:${BURSTS.burstSeconds}:${BURSTS.burstShare}` },
  'day-seconds': text,
  day: text,
  connections: text,
  seconds: text,
  'request-count': { ...text, default: '0' },
  'measurement-mode': { ...text, default: 'time_windows' },
  'measurement-interval': { ...text, short: 'p', default: '5000' },
  'measurement-request-count': { ...text, default: '50' },
  'stability-percentage': { ...text, short: 's', default: '10' },
  'max-trials': { ...text, short: 'r', default: '10' },
  percentile: text,
  'latency-threshold': { ...text, short: 'l' },
  'binary-search': flag,
  verify: flag,
  'verify-runs': { ...text, default: '1' },
  'verify-seconds': { ...text, default: '60' },
  'warmup-request-count': { ...text, default: '0' },
  'warm-up': text,
  'collect-metrics': flag,
  'metrics-url': text,
  'metrics-interval': { ...text, default: '1000' },
  'latency-report-file': { ...text, short: 'f' },
  'verbose-csv': flag,
  'profile-export-file': text,
  hdr: text,
  html: text,
  seed: { ...text, default: '1' },
  generator: { ...text, default: 'auto' },
  core: text,
  'spin-us': text,
  'lag-us-max': { ...text, default: '1000' },
  drain: { ...text, default: '5' },
  verbose: { ...flag, short: 'v' },
} as const;

export type LoadOptions = ReturnType<typeof readOptions>;

/** START[:END[:STEP]]; END 0 goes on until the latency limit is passed. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** Fails with `LoadProblem` on what cannot be meant. */
export function readOptions(args: readonly string[]) {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (positionals.length > 0) throw new LoadProblem(`'${positionals[0]}' belongs to no option`);
  if (values.protocol === 'grpc') throw new LoadProblem('gRPC is not spoken: -i ws or -i http');
  const protocol = values.protocol === undefined ? undefined : choice('-i', values.protocol, ['ws', 'http'] as const);
  const number = (name: keyof typeof values, least: number, most: number) =>
    within(name, String(values[name]), least, most);
  const maybe = (name: keyof typeof values, least: number, most: number) =>
    values[name] === undefined ? undefined : number(name, least, most);
  const [height, burstSeconds, burstShare] = values.burst.split(':').map(Number);
  const concurrency = rangeOf('concurrency-range', values['concurrency-range'], 1, 500_000, true);
  const rates = rangeOf('request-rate-range', values['request-rate-range'], 1e-3, 1e7, false);
  const loads = [concurrency, rates, values['request-intervals'], values.trace].filter(Boolean);
  const one = 'one of --concurrency-range, --request-rate-range, --request-intervals, --trace';
  if (loads.length > 1) throw new LoadProblem(one);
  const found = {
    url: values.url,
    protocol,
    headers: values.header ?? [],
    model: values['model-name'],
    version: values['model-version'],
    batchSize: whole('batch-size', values['batch-size'], 1, 1_000_000),
    inputData: values['input-data'],
    shapes: shapesOf(values.shape ?? []),
    stringLength: whole('string-length', values['string-length'], 0, 1_000_000),
    inputFormat: choice('--input-tensor-format', values['input-tensor-format'], ['binary', 'json'] as const),
    outputFormat: choice('--output-tensor-format', values['output-tensor-format'], ['binary', 'json'] as const),
    encoding: choice('--encoding', values.encoding, ['msgpack', 'json'] as const),
    deadlineMs: maybe('deadline-ms', 1, 600_000),
    priority: maybe('priority', 0, 1_000_000),
    template: values.template,
    concurrency: concurrency ?? (loads.length === 0 ? { start: 1, end: 1, step: 1 } : undefined),
    rates,
    distribution: choice(
      '--request-distribution', values['request-distribution'],
      ['constant', 'poisson', 'gamma', 'bursty', 'diurnal'] as const,
    ),
    intervals: values['request-intervals'],
    trace: values.trace,
    speed: number('speed', 1e-6, 1e9),
    variation: number('variation', 0.01, 100),
    bursts: { height: height ?? NaN, burstSeconds: burstSeconds ?? NaN, burstShare: burstShare ?? NaN },
    daySeconds: maybe('day-seconds', 0.001, 1e6),
    dayProfile: values.day?.split(',').map((weight) => within('day', weight, 0, 1e9)),
    connections: maybe('connections', 1, 10_000),
    seconds: maybe('seconds', 0.05, 999_999),
    requestCount: whole('request-count', values['request-count'], 0, 100_000_000),
    countWindows: choice(
      '--measurement-mode', values['measurement-mode'], ['time_windows', 'count_windows'] as const,
    ) === 'count_windows',
    windowSeconds: number('measurement-interval', 10, 3_600_000) / 1000,
    windowRequests: whole('measurement-request-count', values['measurement-request-count'], 1, 10_000_000),
    stabilityPercent: number('stability-percentage', 0.1, 999),
    trialsMax: whole('max-trials', values['max-trials'], 1, 10_000),
    percentile: maybe('percentile', 1, 99.999),
    sloUs: values['latency-threshold'] === undefined ? undefined : number('latency-threshold', 0.001, 3_600_000) * 1000,
    binarySearch: values['binary-search'] || values.verify,
    verifyRuns: values.verify ? whole('verify-runs', values['verify-runs'], 1, 100) : 0,
    verifySeconds: number('verify-seconds', 0, 3600),
    warmUpRequests: whole('warmup-request-count', values['warmup-request-count'], 0, 10_000_000),
    warmUpSeconds: maybe('warm-up', 0, 3600),
    collectMetrics: values['collect-metrics'],
    metricsUrl: values['metrics-url'],
    metricsMs: number('metrics-interval', 10, 600_000),
    files: {
      ...(values['latency-report-file'] !== undefined && { csv: values['latency-report-file'] }),
      verboseCsv: values['verbose-csv'],
      ...(values['profile-export-file'] !== undefined && { json: values['profile-export-file'] }),
      ...(values.hdr !== undefined && { hdr: values.hdr }),
      ...(values.html !== undefined && { html: values.html }),
    },
    seed: whole('seed', values.seed, 0, 2 ** 32 - 1),
    generator: choice('--generator', values.generator, GENERATORS) as GeneratorChoice,
    core: maybe('core', 0, 4095),
    spinUs: maybe('spin-us', 0, 1_000_000),
    lagUsMax: number('lag-us-max', 1, 1e12),
    drainSeconds: number('drain', 0, 600),
    verbose: values.verbose,
  };
  if (found.binarySearch && found.sloUs === undefined) throw new LoadProblem('a search needs an objective: -l MS');
  const range = found.rates ?? found.concurrency;
  if (found.binarySearch && !(range && range.end > range.start)) {
    throw new LoadProblem('a search needs a range: --request-rate-range START:END or --concurrency-range START:END');
  }
  if (range?.end === 0 && found.sloUs === undefined) {
    throw new LoadProblem('a range without an end needs a latency limit: -l MS');
  }
  if (found.model === undefined && found.template === undefined) {
    throw new LoadProblem('what to ask for: -m MODEL, or --template FILE for any endpoint');
  }
  return found;
}

function within(name: string, word: string, least: number, most: number): number {
  const value = word.trim() === '' ? NaN : Number(word);
  if (value >= least && value <= most) return value;
  throw new LoadProblem(`--${name} is ${least}..${most}, not '${word}'`);
}

function whole(name: string, word: string, least: number, most: number): number {
  const value = within(name, word, least, most);
  if (Number.isInteger(value)) return value;
  throw new LoadProblem(`--${name} is an integer, not '${word}'`);
}

function choice<const T extends string>(name: string, word: string, words: readonly T[]): T {
  const found = words.find((one) => one === word);
  if (found !== undefined) return found;
  throw new LoadProblem(`${name} is ${words.join(' or ')}, not '${word}'`);
}

function rangeOf(
  name: string, word: string | undefined, least: number, most: number, integers: boolean,
): Range | undefined {
  if (word === undefined) return undefined;
  const parts = word.split(':');
  const of = (part: string, from: number) => integers ? whole(name, part, from, most) : within(name, part, from, most);
  if (parts.length > 3) throw new LoadProblem(`--${name} is START:END:STEP, not '${word}'`);
  const start = of(parts[0] as string, least);
  const end = parts[1] === undefined ? start : of(parts[1], 0);
  const step = parts[2] === undefined ? 1 : of(parts[2], least);
  if (end !== 0 && end < start) throw new LoadProblem(`--${name} ends before it starts: '${word}'`);
  if (end !== 0 && (end - start) / step > 10_000) throw new LoadProblem(`--${name} '${word}' has too many steps`);
  return { start, end, step };
}

function shapesOf(words: readonly string[]): Record<string, number[]> {
  return Object.fromEntries(words.map((word) => {
    const at = word.lastIndexOf(':');
    const sizes = word.slice(at + 1).split(',').map(Number);
    const fits = at > 0 && sizes.every((size) => Number.isInteger(size) && size >= 0 && size <= 1e9);
    if (!fits) throw new LoadProblem(`--shape is NAME:SIZE,SIZE,…, not '${word}'`);
    return [word.slice(0, at), sizes];
  }));
}
