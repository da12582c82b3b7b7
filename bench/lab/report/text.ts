/** The report in perf_analyzer's shape, then what it does not have. */
import type { Latency, Measurement } from '../measurement.ts';
import { LAG_US_MAX } from '../limits.ts';
import type { Level, LoadTest } from '../load-test.ts';
import { sendWaitUs, splitOf } from './split.ts';

export function reportText(test: LoadTest): string {
  return [
    ...settings(test),
    ...test.levels.flatMap((level) => ['', ...levelLines(test, level)]),
    '',
    ...summaryLines(test),
    ...searchLines(test),
  ].join('\n') + '\n';
}

function settings(test: LoadTest): string[] {
  const by = stabilisedBy(test.percentile);
  return [
    '*** Measurement Settings ***',
    `  Server: ${test.url}${test.model === undefined ? '' : `, model ${test.model}`}`,
    `  Batch size: ${test.batchSize}`,
    test.mode === 'concurrency' ? '  Using asynchronous calls for inference, closed loop'
      : `  Using ${test.arrivals} distribution on request generation, seed ${test.seed}`,
    `  Stabilizing using ${by}`,
  ];
}

function stabilisedBy(percentile: number | null): string {
  return percentile === null ? 'average latency' : `p${percentile} latency`;
}

/** One level: perf_analyzer's lines, its clock (from when a request left); then ours. */
export function levelLines(test: LoadTest, { value, run, measurement, server }: Level): string[] {
  const { fromSent, counts, answeredPerS } = measurement;
  const wait = sendWaitUs(run, measurement);
  const split = splitOf(server, measurement.from);
  const failed = counts.failed + counts.shed + counts.unanswered;
  return [
    test.mode === 'concurrency' ? `Request concurrency: ${value}`
      : `Request Rate: ${figure(value)} inference requests per seconds`,
    '  Client: ',
    `    Request count: ${counts.answered}`,
    ...(failed === 0 ? [] : [`    Failed request count: ${failed} (${failures(measurement)})`]),
    `    Throughput: ${figure(answeredPerS * test.batchSize)} infer/sec`,
    `    Avg latency: ${us(fromSent.mean)} (standard deviation ${us(fromSent.deviation)})`,
    ...(['p50', 'p90', 'p95', 'p99'] as const).map((name) => `    ${name} latency: ${us(fromSent[name])}`),
    `    Avg ${test.protocol === 'http' ? 'HTTP' : 'WebSocket'} time: ${us(wait + fromSent.mean)} ` +
      `(send/recv ${us(wait)} + response wait ${us(fromSent.mean)})`,
    ...(split === null ? [] : [
      '  Server: ',
      `    Inference count: ${split.inferences}`,
      `    Execution count: ${split.executions}`,
      `    Successful request count: ${split.requests}`,
      `    Avg request latency: ${us(split.request)} (overhead ${us(split.overhead)} + queue ` +
        `${us(split.queue)} + compute input ${us(split.computeInput)} + compute infer ` +
        `${us(split.computeInfer)} + compute output ${us(split.computeOutput)})`,
    ]),
    ...ours(measurement, run.generator),
  ];
}

function ours(measurement: Measurement, generator: Level['run']['generator']): string[] {
  const { fromDue, goodput, warmUp, stability } = measurement;
  const { wrong, checked, broken, closed } = generator;
  return [
    '  From when a request was due (what its user waits): ',
    `    ${latencyLine(fromDue)}`,
    ...(goodput === undefined ? [] : [
      `    Goodput: ${figure(goodput.goodPerS)} requests/sec within ${us(goodput.sloUs)}, ` +
        `${percent(goodput.within)} of what was due (asked: ${percent(goodput.share)}): ` +
        `${goodput.met ? 'met' : 'not met'}`,
    ]),
    '  Measurement: ',
    `    ${figure(measurement.to - measurement.from)} s after ${figure(warmUp.seconds)} s of warm-up ` +
      `(${warmUp.method}${warmUp.settled ? '' : '; the run never settled'}); ` +
      `${stability.stable ? 'stable' : 'NOT stable'} within ${figure(stability.percent)} %`,
    `    Generator: ${generator.name}, p99 of its own lag ${us(generator.lagP99Us)}` +
      (measurement.late || generator.lagP99Us > LAG_US_MAX ? '; IT WAS LATE: these figures prove nothing' : ''),
    ...(checked === 0 && broken === 0 && closed === 0 ? [] : [
      `    Answers checked: ${checked}, wrong: ${wrong}; unreadable replies: ${broken}; ` +
        `connections closed by the server: ${closed}`,
    ]),
  ];
}

function latencyLine(latency: Latency): string {
  const names = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9', p9999: 'p99.99', max: 'max' } as const;
  return Object.entries(names)
    .map(([name, said]) => `${said} ${us(latency[name as keyof typeof names])}`).join(', ');
}

function summaryLines(test: LoadTest): string[] {
  const { percentile, mode, batchSize } = test;
  return [
    `Inferences/Second vs. Client ${percentile === null ? 'Average' : `p${percentile}`} Batch Latency`,
    ...test.levels.map(({ value, measurement }) =>
      `${mode === 'concurrency' ? `Concurrency: ${value}` : `Request Rate: ${figure(value)}`}, ` +
        `throughput: ${figure(measurement.answeredPerS * batchSize)} infer/sec, ` +
        `latency ${us(byPercentile(measurement.fromSent, percentile))}`),
  ];
}

function searchLines({ search, sloUs }: LoadTest): string[] {
  if (search === undefined) return [];
  const within = sloUs === null ? 'the objective' : us(sloUs);
  const verified = search.verified;
  return [
    '',
    search.rate === 0 ? `No rate that was tried meets ${within}.`
      : `Highest rate within ${within}: ${figure(search.rate)} requests/sec`,
    ...search.tried.map(({ rate, met, within: share }) =>
      `  ${figure(rate)} requests/sec: ${percent(share)} within, ${met ? 'met' : 'not met'}`),
    ...(verified === undefined ? [] : [
      `Verified by ${verified.met} of ${verified.runs} runs of ${verified.queries} queries.`,
    ]),
  ];
}

/** Of the named percentiles; the next higher of them where it is another. */
export function byPercentile(latency: Latency, percentile: number | null): number {
  if (percentile === null) return latency.mean;
  const known = [[50, 'p50'], [90, 'p90'], [95, 'p95'], [99, 'p99'], [99.9, 'p999'], [99.99, 'p9999']] as const;
  return latency[known.find(([at]) => at >= percentile)?.[1] ?? 'max'];
}

export function failures({ counts }: Measurement): string {
  return (['shed', 'failed', 'unanswered', 'held'] as const)
    .filter((name) => counts[name] > 0).map((name) => `${counts[name]} ${name}`).join(', ');
}

/** Six significant digits, as C++ prints a double. */
function figure(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : '-';
}

function us(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value)} usec` : '- usec';
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(3))} %`;
}
