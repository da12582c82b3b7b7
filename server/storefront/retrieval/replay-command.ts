import { parseArgs } from 'node:util';
import { VitrineError } from '../../client/errors.ts';
import { connectNode } from '../../client/node.ts';
import type { VitrineClient } from '../../client/types.ts';
import { systemClock } from '../../core/clock.ts';
import { ServeError } from '../../core/errors.ts';
import { readPrefixFile } from '../../store/import/session-file.ts';
import type { TestPrefix } from '../../store/import/session-file.ts';
import { percent } from './hit-rate.ts';
import { readInvoices, cutBaskets } from './offline/baskets/baskets.ts';
import { basketRequests, scoreBaskets } from './offline/baskets/replay-baskets.ts';
import { readLeaveOneOut } from './offline/leave-one-out.ts';
import { sayQuality, scoreSequences, sequenceRequests } from './offline/replay-sequences.ts';
import { askAll, percentile, replay } from './replay.ts';
import type { Answered } from './replay.ts';

export const usage = [
  'vitrine replay --test FILE | --sequences FILE | --invoices FILE --cut DAY [--url URL] [--limit N]',
  '               [--concurrency N]',
  "  --test FILE       a header, then 'target<TAB>items so far' (.tsv, .gz)",
  "  --sequences FILE  'user item item …' (.txt, .gz): the last item of each user, of a server into",
  '                    which the file was imported with --leave-out 2',
  '  --invoices FILE   UCI Online Retail (.csv, .gz): the next basket of each customer after the end of',
  '                    --cut DAY, of a server into which it was imported with --until DAY',
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
  const client = connectNode(wanted.url, { resendMax: 0 });
  try {
    await answering(client, wanted.url);
    if (wanted.sequences !== undefined) await replaySequences(client, wanted, wanted.sequences);
    else if (wanted.invoices !== undefined) await replayInvoices(client, wanted, wanted.invoices);
    else await replayPrefixes(client, wanted);
    return 0;
  } catch (error) {
    if (!(error instanceof ServeError || error instanceof VitrineError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    return 1;
  } finally {
    client.close();
  }
}

async function replayPrefixes(client: VitrineClient, wanted: Wanted): Promise<void> {
  const { url, test, limit, concurrency } = wanted;
  const prefixes = await readTest(test, limit);
  console.log(`${prefixes.length} prefixes, ${concurrency} at a time, ${url}`);
  const { score, ...answered } = await replay(client, prefixes, concurrency, systemClock, sayProgress);
  console.log(`HR@20 ${percent(score.hr20)}  MRR@20 ${percent(score.mrr20)}  of ${score.count}`);
  console.log(report(answered));
}

async function replaySequences(
  client: VitrineClient, { limit, concurrency }: Wanted, path: string,
): Promise<void> {
  const data = await readLeaveOneOut(path);
  const requests = sequenceRequests(data).slice(0, limit);
  console.log(`${requests.length} users, ${data.itemCount} items`);
  const answered = await askAll(client, requests, concurrency, systemClock, sayProgress);
  console.log(`${sayQuality(scoreSequences(data, answered.answers))}\n${report(answered)}`);
}

async function replayInvoices(
  client: VitrineClient, { limit, concurrency, cutMs }: Wanted, path: string,
): Promise<void> {
  const all = cutBaskets(await readInvoices(path), cutMs, Infinity);
  const data = { ...all, questions: all.questions.slice(0, limit) };
  for (const newOnly of [false, true]) {
    const requests = basketRequests(data, newOnly);
    const answered = await askAll(client, requests, concurrency, systemClock, sayProgress);
    const { asked, ...quality } = scoreBaskets(data, newOnly, answered.answers);
    const numbers = Object.entries(quality).map(([name, share]) => `${name} ${share.toFixed(4)}`);
    console.log(`${newOnly ? 'new items only' : 'all items'}: ${asked} asked, ${numbers.join('  ')}`);
    console.log(report(answered));
  }
}

function sayProgress(count: number): void {
  if (count % PROGRESS_EVERY === 0) console.log(`  ${count} answered`);
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

export function report({ latenciesMs, seconds, short, degraded, reasons }: Omit<Answered, 'answers'>): string {
  const at = (share: number): string => `${percentile(latenciesMs, share).toFixed(2)} ms`;
  return [
    `latency p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}`,
    `rate ${Math.round(latenciesMs.length / seconds)} answers/s over ${seconds.toFixed(1)} s`,
    `${short} answers had fewer than 20 items, ${degraded} were degraded`,
    ...[...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `  ${count}: ${reason}`),
  ].join('\n');
}

interface Wanted {
  readonly url: string;
  readonly test: string;
  readonly sequences: string | undefined;
  readonly invoices: string | undefined;
  readonly cutMs: number; // NaN without invoices
  readonly limit: number;
  readonly concurrency: number;
}

function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: 'string', default: 'ws://127.0.0.1:8080/ws' },
      test: { type: 'string' },
      sequences: { type: 'string' },
      invoices: { type: 'string' },
      cut: { type: 'string' },
      limit: { type: 'string' },
      concurrency: { type: 'string', default: '16' },
    },
  });
  const { test, sequences, invoices } = values;
  const given = [test, sequences, invoices].filter((file) => file !== undefined);
  if (given.length !== 1) throw new Error('one of --test, --sequences and --invoices is wanted');
  const cutMs = Date.parse(`${values.cut}T23:59:59Z`);
  if (invoices !== undefined && Number.isNaN(cutMs)) throw new Error('--cut DAY is missing');
  const limit = values.limit === undefined ? Infinity : Number(values.limit);
  const concurrency = Number(values.concurrency);
  if (!(limit >= 1)) throw new Error(`--limit ${values.limit} is not a number of rows`);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 256) {
    throw new Error(`--concurrency ${values.concurrency} is not in 1..256`);
  }
  return { url: values.url, test: test ?? '', sequences, invoices, cutMs, limit, concurrency };
}
