/** HdrHistogram (hdr-histogram-js): the one file that knows it. Values are integer nanoseconds. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

export type { Histogram };

const NS_MAX = 1e14; // a day and a little

/** Three digits: any percentile is right to one part in a thousand. Values that are no number are left out. */
export function histogramOf(nanoseconds: Iterable<number>): Histogram {
  const histogram = emptyHistogram();
  for (const ns of nanoseconds) record(histogram, ns);
  return histogram;
}

export function emptyHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1e11,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

export function record(histogram: Histogram, ns: number): void {
  if (!Number.isNaN(ns)) histogram.recordValue(Math.round(Math.min(Math.max(ns, 0), NS_MAX)));
}

/** Nanoseconds; `share` of 0..1. NaN where there are none. */
export function quantile(histogram: Histogram, share: number): number {
  return histogram.totalCount === 0 ? NaN : histogram.getValueAtPercentile(share * 100);
}

/** V2, compressed, base64: what HdrHistogram's own tools read. */
export function compressed(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}
