import { compressed, emptyHistogram, record, type Histogram } from '../hdr.ts';
import { waited } from '../measure.ts';
import type { Run } from '../run.ts';

/**
 * A run as an HdrHistogram log (format 1.3, histograms V2, compressed), as its own tools read it:
 * nanoseconds, three digits; intervals by when answers came. Without a tag from when a request was
 * due, under `Tag=from-sent` from when it left. What was never answered is in the last interval with
 * the time that it had waited.
 */
export function hdrLog(run: Run, intervalSeconds = 1): string {
  return [
    '#[Latencies of a load test, nanoseconds; Interval_Max in milliseconds]',
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${(run.startedAt / 1000).toFixed(3)} (seconds since epoch), ` +
      `${new Date(run.startedAt).toISOString()}]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ...lines(run, intervalSeconds, 'due', ''),
    ...lines(run, intervalSeconds, 'sent', 'Tag=from-sent,'),
    '',
  ].join('\n');
}

function lines(run: Run, seconds: number, clock: 'due' | 'sent', tag: string): string[] {
  const intervals = new Map<number, Histogram>();
  for (let row = 0; row < run.due.length; row += 1) {
    const seen = waited(run, row, run[clock]);
    if (Number.isNaN(seen)) continue;
    const done = run.done[row] as number;
    const at = Math.floor((Number.isNaN(done) ? run.ended : done) / seconds);
    let histogram = intervals.get(at);
    if (!histogram) intervals.set(at, histogram = emptyHistogram());
    record(histogram, Math.max(1, seen * 1e9));
  }
  return [...intervals].sort(([a], [b]) => a - b).map(([at, histogram]) =>
    `${tag}${(at * seconds).toFixed(3)},${seconds.toFixed(3)},${(histogram.maxValue / 1e6).toFixed(3)},` +
      compressed(histogram));
}
