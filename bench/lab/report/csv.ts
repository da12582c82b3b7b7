import type { LoadTest } from '../load-test.ts';
import { sendWaitUs, splitOf } from './split.ts';

const COLUMNS = [
  'Inferences/Second', 'Client Send', 'Network+Server Send/Recv', 'Server Queue', 'Server Compute Input',
  'Server Compute Infer', 'Server Compute Output', 'Client Recv', 'p50 latency', 'p90 latency',
  'p95 latency', 'p99 latency',
];

/**
 * perf_analyzer's CSV: microseconds from when a request left, rows by throughput. `Client Send` is from
 * due to sent, reading counts as network. `verbose` adds the columns of the other clock and the tail.
 */
export function reportCsv(test: LoadTest, verbose = false): string {
  const head = [
    test.mode === 'concurrency' ? 'Concurrency' : 'Request Rate', ...COLUMNS,
    ...(verbose ? VERBOSE : []),
  ];
  const rows = test.levels
    .toSorted((a, b) => a.measurement.answeredPerS - b.measurement.answeredPerS)
    .map(({ value, run, measurement, server }) => {
      const { fromSent, fromDue, answeredPerS, goodput, counts } = measurement;
      const send = sendWaitUs(run, measurement);
      const split = splitOf(server, measurement.from);
      const parts = [
        split?.queue ?? 0, split?.computeInput ?? 0, split?.computeInfer ?? 0, split?.computeOutput ?? 0,
      ];
      const inServer = parts.reduce((sum, one) => sum + one, 0);
      return [
        number(value), number(answeredPerS * test.batchSize),
        ...[send, Math.max(0, fromSent.mean - inServer), ...parts, 0].map(whole),
        ...[fromSent.p50, fromSent.p90, fromSent.p95, fromSent.p99].map(whole),
        ...(verbose ? [
          ...[fromSent.mean, fromDue.p50, fromDue.p90, fromDue.p99, fromDue.p999, fromDue.p9999, fromDue.max]
            .map(whole),
          goodput === undefined ? '' : number(goodput.goodPerS),
          String(counts.shed), String(counts.failed), String(counts.unanswered),
        ] : []),
      ];
    });
  return [head, ...rows].map((cells) => cells.join(',')).join('\n') + '\n';
}

const VERBOSE = [
  'Avg latency', 'p50 from due', 'p90 from due', 'p99 from due', 'p99.9 from due', 'p99.99 from due',
  'max from due', 'Goodput/Second', 'Shed', 'Failed', 'Unanswered',
];

function whole(us: number): string {
  return Number.isFinite(us) ? String(Math.round(us)) : '0';
}

function number(value: number): string {
  return String(Number(value.toPrecision(6)));
}
