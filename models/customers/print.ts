import type { CalibrationPoint } from '../learn/metrics/calibration-error.ts';
import type { TimingScore } from './timing-scores.ts';
import type { ValueScore } from './value/scores.ts';
import type { Verdict } from './verdicts.ts';

export function scoreLines(scores: readonly TimingScore[]): string[] {
  const cell = (value: number | undefined): string =>
    (value === undefined ? '-' : value.toFixed(4)).padStart(8);
  return [
    `  ${''.padEnd(22)}     AUC  PR-AUC c-index log loss   ECE    int. Brier`,
    ...scores.map((s) => `  ${s.name.padEnd(22)}${[s.auc, s.prAuc, s.cIndex, s.logLoss, s.ece,
      s.integratedBrier].map(cell).join('')}`),
  ];
}

export function valueLines(scores: readonly ValueScore[]): string[] {
  return scores.map(({ name, gini, totalError, mae }) =>
    `  ${name.padEnd(32)} Gini ${gini.toFixed(3)}, total ${(100 * totalError).toFixed(1)} % off, ` +
    `mean error ${mae.toFixed(2)}`);
}

/** Said and happened by tenths of the customers. */
export function calibrationLine(days: number, points: readonly CalibrationPoint[]): string {
  const tenths = points.map(({ said, happened }) =>
    `${(100 * said).toFixed(1)}/${(100 * happened).toFixed(1)}`);
  return `  network within ${days} days, % said/happened by tenths: ${tenths.join(' ')}`;
}

/** Whether each model is promoted, or why not. */
export function verdictLines(verdicts: Readonly<Record<string, Verdict>>): string[] {
  return Object.entries(verdicts).flatMap(([name, { reasons, notes }]) => reasons.length === 0
    ? [`${name} is promoted: ${notes.join('; ')}`]
    : reasons.map((reason) => `${name} is not promoted: ${reason}`));
}
