import { parseArgs } from 'node:util';
import { VitrineError } from '../../client/errors.ts';
import { connectNode } from '../../client/node.ts';
import type { VitrineClient } from '../../client/types.ts';
import { systemClock } from '../../core/clock.ts';
import { ServeError } from '../../core/errors.ts';
import { readPrefixFile } from '../../store/import/session-file.ts';
import type { TestPrefix } from '../../store/import/session-file.ts';
import { percent } from './hit-rate.ts';
import { percentile, replay } from './replay.ts';
import type { Replay } from './replay.ts';

export const usage = [
  'vitrine replay --test FILE [--url URL] [--limit N] [--concurrency N]',
  "  --test FILE       a header, then 'target<TAB>items so far' (.tsv, .gz)",
  '  --url URL         of a running server (ws://127.0.0.1:8080/ws)',
  '  --limit N         rows to replay; all when absent',
  '  --concurrency N   requests at a time (16)',
].join('\n');

const PROGRESS_EVERY = 10_000;
const CONNECT_US_MAX = 10e6;

/** Replays test prefixes through a running server; prints scores, latency and rate. */
export async function run(args: string[]): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const { url, test, limit, concurrency } = wanted;
  const client = connectNode(url, { resendMax: 0 });
  try {
    const prefixes = await readTest(test, limit);
    await answering(client, url);
    console.log(`${prefixes.length} prefixes, ${concurrency} at a time, ${url}`);
    const done = await replay(client, prefixes, concurrency, systemClock, (count) => {
      if (count % PROGRESS_EVERY === 0) console.log(`  ${count} answered`);
    });
    console.log(report(done));
    return 0;
  } catch (error) {
    if (!(error instanceof ServeError || error instanceof VitrineError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    return 1;
  } finally {
    client.close();
  }
}

/** Rejects when no server answers: the client itself would go on trying. */
function answering(client: VitrineClient, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void =>
      reject(new ServeError('bad_argument', `no server answers at ${url}: start one first`));
    const cancel = systemClock.after(CONNECT_US_MAX, late);
    client.ready().then(resolve, reject).finally(cancel);
  });
}

async function readTest(path: string, limit: number): Promise<TestPrefix[]> {
  const prefixes: TestPrefix[] = [];
  for await (const prefix of readPrefixFile(path)) {
    if (prefixes.length === limit) break;
    prefixes.push(prefix);
  }
  return prefixes;
}

export function report({
  score, latenciesMs, seconds, short, degraded, reasons,
}: Replay): string {
  const at = (share: number): string => `${percentile(latenciesMs, share).toFixed(2)} ms`;
  return [
    `HR@20 ${percent(score.hr20)}  MRR@20 ${percent(score.mrr20)}  of ${score.count}`,
    `latency p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}`,
    `rate ${Math.round(score.count / seconds)} answers/s over ${seconds.toFixed(1)} s`,
    `${short} answers had fewer than 20 items, ${degraded} were degraded`,
    ...[...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `  ${count}: ${reason}`),
  ].join('\n');
}

interface Wanted {
  readonly url: string;
  readonly test: string;
  readonly limit: number;
  readonly concurrency: number;
}

function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'ws://127.0.0.1:8080/ws' },
      test: { type: 'string' },
      limit: { type: 'string' },
      concurrency: { type: 'string', default: '16' },
    },
  });
  if (values.test === undefined) throw new Error('--test FILE is missing');
  const limit = values.limit === undefined ? Infinity : Number(values.limit);
  const concurrency = Number(values.concurrency);
  if (!(limit >= 1)) throw new Error(`--limit ${values.limit} is not a number of rows`);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 256) {
    throw new Error(`--concurrency ${values.concurrency} is not in 1..256`);
  }
  return { url: values.url, test: values.test, limit, concurrency };
}
