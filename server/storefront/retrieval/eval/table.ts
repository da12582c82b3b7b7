import { systemClock } from '../../../core/clock.ts';
import { HitRate, percent } from '../hit-rate.ts';
import type { Prefix } from '../past-sessions.ts';
import type { Method } from './baselines.ts';

/** How one method did. */
export interface Row {
  readonly method: string;
  readonly hr20: number; // 0..1
  readonly mrr20: number; // 0..1
  readonly trainSeconds: number;
  readonly answerUs: number; // mean
  readonly settings: string;
}

/** Learns, answers every prefix, and says how that went. */
export function evaluate(learn: () => Method, prefixes: readonly Prefix[]): Row {
  const startUs = systemClock.nowUs();
  const method = learn();
  const learnedUs = systemClock.nowUs();
  const score = new HitRate();
  prefixes.forEach(({ items, target }, at) => {
    const answer = method.answer(items, at);
    const place = Array.prototype.indexOf.call(answer, target);
    score.add(place < 0 ? Infinity : place + 1);
  });
  const endUs = systemClock.nowUs();
  return {
    method: method.name,
    hr20: score.hr20,
    mrr20: score.mrr20,
    trainSeconds: (learnedUs - startUs) / 1e6,
    answerUs: (endUs - learnedUs) / Math.max(1, prefixes.length),
    settings: method.settings,
  };
}

const HEAD = ['method', 'HR@20', 'MRR@20', 'train s', 'us/answer', 'settings'] as const;

/** One line of the table; `widths` as `HEAD` needs them. */
export function formatRow(row: Row): string {
  return line([
    row.method,
    percent(row.hr20),
    percent(row.mrr20),
    row.trainSeconds.toFixed(1),
    row.answerUs.toFixed(0),
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
