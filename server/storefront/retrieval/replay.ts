import type { Clock } from '../../core/clock.ts';
import type { RecommendInput, VitrineClient } from '../../client/types.ts';
import type { TestPrefix } from '../../store/import/session-file.ts';
import { LIMITS } from '../../wire/schema.ts';
import { ANSWER_ITEMS, HitRate } from './hit-rate.ts';

/** What came of asking. */
export interface Answered {
  readonly answers: readonly (readonly string[])[]; // item ids, best first
  readonly latenciesMs: Float64Array; // of every answer, ascending
  readonly seconds: number;
  readonly short: number; // answers with fewer items than asked for
  readonly degraded: number; // answers that something was missing from
  /** What was missing, ids left out: in how many answers. */
  readonly reasons: ReadonlyMap<string, number>;
}

/** What came of a replay of prefixes. */
export interface Replay extends Answered {
  readonly score: HitRate;
}

/**
 * Asks a running server what comes next after each prefix, `concurrency` requests at a time, and
 * scores its answers. Rejects with the first failure.
 */
export async function replay(
  client: Pick<VitrineClient, 'recommend'>,
  prefixes: readonly TestPrefix[],
  concurrency: number,
  clock: Clock,
  progress: (done: number) => void = () => {},
): Promise<Replay> {
  const requests = prefixes.map(({ items }) => ({ items: items.slice(-LIMITS.sessionItemsMax) }));
  const answered = await askAll(client, requests, concurrency, clock, progress);
  const score = new HitRate();
  answered.answers.forEach((answer, at) => {
    const rank = answer.indexOf((prefixes[at] as TestPrefix).target);
    score.add(rank < 0 ? Infinity : rank + 1);
  });
  return { score, ...answered };
}

/** Asks for 20 items each, `concurrency` requests at a time. Rejects with the first failure. */
export async function askAll(
  client: Pick<VitrineClient, 'recommend'>,
  requests: readonly Omit<RecommendInput, 'k'>[],
  concurrency: number,
  clock: Clock,
  progress: (done: number) => void = () => {},
): Promise<Answered> {
  const answers: (readonly string[])[] = [];
  const latenciesMs = new Float64Array(requests.length);
  let next = 0;
  let done = 0;
  let short = 0;
  let degraded = 0;
  const reasons = new Map<string, number>();

  const ask = async (at: number): Promise<void> => {
    const sentUs = clock.nowUs();
    const reply = await client.recommend({ ...requests[at], k: ANSWER_ITEMS });
    latenciesMs[at] = (clock.nowUs() - sentUs) / 1000;
    answers[at] = reply.items.map(({ item }) => item);
    if (reply.items.length < ANSWER_ITEMS) short += 1;
    if (reply.degraded.length > 0) degraded += 1;
    for (const reason of new Set(reply.degraded.map(withoutIds))) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    progress((done += 1));
  };
  const askInTurn = async (): Promise<void> => {
    while (next < requests.length) await ask(next++);
  };

  const startUs = clock.nowUs();
  await Promise.all(Array.from({ length: concurrency }, askInTurn));
  const seconds = (clock.nowUs() - startUs) / 1e6;
  return { answers, latenciesMs: latenciesMs.sort(), seconds, short, degraded, reasons };
}

/** Reasons of a kind as one. */
function withoutIds(reason: string): string {
  return reason.replace(/'[^']*'/g, '…');
}

/** The value that `share` (0..1) of the ascending list does not exceed; NaN for an empty one. */
export function percentile(ascending: Float64Array, share: number): number {
  const at = Math.min(ascending.length - 1, Math.ceil(share * ascending.length) - 1);
  return ascending[Math.max(0, at)] ?? Number.NaN;
}
