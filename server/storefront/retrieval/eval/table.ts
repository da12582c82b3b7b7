import { systemClock } from '../../../core/clock.ts';
import { HitRate, percent } from '../hit-rate.ts';
import type { Prefix } from '../past-sessions.ts';
import { QualityCount } from '../offline/quality.ts';
import type { Quality } from '../offline/quality.ts';
import type { Method } from './baselines.ts';

/** How one method did. */
export interface Row {
  readonly method: string;
  readonly hr20: number; // 0..1
  readonly mrr20: number; // 0..1
  readonly trainSeconds: number;
  readonly answerUs: number; // mean
  readonly shown: Pick<Quality, 'coverage' | 'novelty' | 'popularityBias'>; // among the first 10
  readonly settings: string;
}

/** Learns, answers every prefix, and says how that went; `counts` is how often each row was seen. */
export function evaluate(
  learn: () => Method, prefixes: readonly Prefix[], counts: Float64Array,
): Row {
  const startUs = systemClock.nowUs();
  const method = learn();
  const learnedUs = systemClock.nowUs();
  const score = new HitRate();
  const answers = prefixes.map(({ items }, at) => Array.from(method.answer(items, at)));
  const endUs = systemClock.nowUs();
  const quality = new QualityCount(counts);
  prefixes.forEach(({ target }, at) => {
    const answer = answers[at] as number[];
    const place = answer.indexOf(target);
    score.add(place < 0 ? Infinity : place + 1);
    quality.add(answer, target);
  });
  return {
    method: method.name,
    hr20: score.hr20,
    mrr20: score.mrr20,
    trainSeconds: (learnedUs - startUs) / 1e6,
    answerUs: (endUs - learnedUs) / Math.max(1, prefixes.length),
    shown: quality.result(),
    settings: method.settings,
  };
}

const HEAD = [
  'method', 'HR@20', 'MRR@20', 'train s', 'us/answer', 'coverage', 'novelty', 'top 1 %', 'settings',
] as const;

/** One line of the table; `widths` as `HEAD` needs them. */
export function formatRow(row: Row): string {
  return line([
    row.method,
    percent(row.hr20),
    percent(row.mrr20),
    row.trainSeconds.toFixed(1),
    row.answerUs.toFixed(0),
    row.shown.coverage.toFixed(3),
    row.shown.novelty.toFixed(1),
    row.shown.popularityBias.toFixed(3),
    row.settings,
  ]);
}

export function tableHead(): string {
  return line(HEAD);
}

function line([method, ...rest]: readonly string[]): string {
  const settings = rest.pop() as string;
  const numbers = rest.map((text) => text.padStart(10)).join('');
  return `${(method as string).padEnd(20)}${numbers}  ${settings}`.trimEnd();
}
