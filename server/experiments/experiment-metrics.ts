import { Metrics } from '../observe/metrics.ts';
import { compare } from './compare.ts';
import type { Run } from './run.ts';
import { splitP } from './split-check.ts';

/** The numbers of the experiments that there are, for one page of `/metrics`. */
export function experimentMetrics(runs: readonly Run[]): Metrics {
  const metrics = new Metrics();
  for (const run of runs) one(metrics, run);
  return metrics;
}

function one(metrics: Metrics, run: Run): void {
  const { definition: { name: experiment, arms, kind }, answers, votes } = run;
  const gauge = (name: string, help: string, labels: Record<string, string>, value: number): void =>
    metrics.gauge(`vitrine_experiment_${name}`, help, { experiment, ...labels }, () => value);
  const counter = (name: string, help: string, labels: Record<string, string>, value: number): void =>
    metrics.observe('counter', `vitrine_experiment_${name}_total`, help, { experiment, ...labels }, () => value);

  run.arms.forEach((tally, i) => {
    if (kind !== 'ab' && i > 0) return; // every unit sees both
    const arm = kind === 'ab' ? (arms[i]?.name ?? '') : kind;
    gauge('units', 'Units that took part', { arm }, tally.units);
    if (kind !== 'ab') return;
    for (const [outcome, count] of Object.entries(tally.events)) {
      counter('outcomes', 'Events of units, after their first answer', { arm, outcome }, count);
    }
    gauge('revenue', 'Bought by units, less refunds', { arm }, tally.sums('revenue').sum);
  });
  for (const { arm, estimate } of compare(run)) {
    if (!estimate) continue;
    for (const bound of ['low', 'value', 'high'] as const) {
      gauge('difference', 'From the control, with bounds that hold at all times', { arm, bound }, estimate[bound]);
    }
  }
  if (kind === 'ab') {
    const weights = arms.map(({ weight }) => weight);
    gauge('split_p', 'That the arms have the units that their weights say', {},
      splitP(run.arms.map(({ units }) => units), weights));
    return;
  }
  counter('answers', 'Answers that were interleaved, or explored', {}, answers.counts.answers);
  if (kind === 'explore') counter('slots', 'Slots that were explored', {}, answers.counts.slots);
  for (const outcome of ['click', 'cart', 'purchase'] as const) {
    counter('item_outcomes', 'Of interleaved or explored items', { outcome }, answers.counts[outcome]);
  }
  if (kind !== 'interleave') return;
  for (const [vote, count] of Object.entries(votes.counts)) {
    gauge('votes', 'Visitors by the team they clicked more', { vote }, count);
  }
}
