import type { Row } from './report.ts';

/** A figure that the README and bench/README quote, and that history follows. */
export interface Headline {
  readonly bench: string;
  readonly name: string;
  /** Which row: how its case begins, who, what. */
  readonly case: string;
  readonly impl: string;
  readonly metric: string;
  readonly better: 'more' | 'less';
  /** The ratio to the peer of the same case in place of the value. */
  readonly ratio?: true;
}

const [PIPELINED, ALONE] = ['closed loop, 64 connections, depth 16', 'closed loop, 64 connections, depth 1'];
const WORDS = 'wink words, 331,479 x 100, cosine';

/** In the order in which they are shown. */
export const HEADLINES: readonly Headline[] = [
  of('serve', 'pipelined', PIPELINED, 'Vitrine', 'answers', 'more'),
  { ...of('serve', 'pipelined, over ws + JSON', PIPELINED, 'Vitrine', 'answers', 'more'), ratio: true },
  of('serve', 'in lists of 16', PIPELINED, 'Vitrine, in lists', 'answers', 'more'),
  of('serve', 'one at a time a socket', ALONE, 'Vitrine', 'answers', 'more'),
  of('serve', 'the same, CPU', ALONE, 'Vitrine', 'CPU', 'less'),
  of('serve', 'Poisson, p99', 'open loop, Poisson', 'Vitrine', 'p99', 'less'),
  of('fronts', 'pipelined, two front ends', 'WebSocket, 64 connections, depth 16', 'two front ends', 'answers', 'more'),
  of('http', 'KServe, binary tensors', 'closed loop, 64 connections', 'Vitrine, binary tensors', 'answers', 'more'),
  of('http', 'the same, CPU', 'closed loop, 64 connections', 'Vitrine, binary tensors', 'CPU', 'less'),
  of('wire', 'a known shape', 'an infer request of 32 floats', 'Vitrine, a known shape', 'time', 'less'),
  of('wire', 'JSON', 'an infer request of 32 floats', 'Vitrine, JSON', 'time', 'less'),
  of('overload', 'answered in time at twice the capacity', 'heavy, twice its capacity', 'keep to their credit of 16',
    'of capacity', 'more'),
  of('swap', 'p99 while replaced, inline', 'inline, 10000 requests/s', 'replaced every second', 'p99', 'less'),
  of('import', 'CSV', 'CSV', 'Vitrine', 'events a CPU second', 'more'),
  of('import', 'Parquet', 'Parquet', 'Vitrine', 'events a CPU second', 'more'),
  of('insight', 'all parts, p99', '2,000 requests/s, all parts', 'Vitrine', 'p99', 'less'),
  of('insight', 'scored to Parquet', '500,000 customers', 'all parts, Parquet', 'customers a CPU second', 'more'),
  of('session', 'neighbours, p90', 'neighbours alone, yoochoose1_64', 'Vitrine', 'p90', 'less'),
  of('session', 'neighbours of a million items, p90', 'neighbours alone, 1,000,000 items', 'Vitrine', 'p90', 'less'),
  of('session', 'recommend, highest rate', 'yoochoose1_64, 1,000 events/s, highest rate', 'Vitrine', 'rate', 'more'),
  of('ann', '0.95, one by one', `${WORDS}, recall@10 as given`, 'Vitrine', '0.95, one by one', 'more'),
  of('ann', '0.99, one by one', `${WORDS}, recall@10 as given`, 'Vitrine', '0.99, one by one', 'more'),
  of('ann', '0.95, 64 a call', `${WORDS}, recall@10 as given`, 'Vitrine', '0.95, 64 a call', 'more'),
  of('ann', 'bytes a vector', `${WORDS}, to build and to hold`, 'Vitrine', 'held', 'less'),
];

function of(
  bench: string, name: string, begins: string, impl: string, metric: string, better: 'more' | 'less',
): Headline {
  return { bench, name, case: begins, impl, metric, better };
}

/** Its row, the exact case before one that begins so. */
export function rowOf(rows: readonly Row[], headline: Headline): Row | undefined {
  const all = rows.filter(({ impl, metric }) => impl === headline.impl && metric === headline.metric);
  return all.find((row) => row.case === headline.case) ?? all.find((row) => row.case.startsWith(headline.case));
}

/** Its value; undefined where it was not measured. */
export function valueOf(row: Row | undefined, headline: Headline): number | undefined {
  return headline.ratio ? row?.ratio_to?.ratio : row?.value;
}
