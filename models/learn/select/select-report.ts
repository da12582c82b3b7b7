import { rocAuc } from '../metrics/ranking.ts';
import type { Learner } from '../learner.ts';
import type { Examples } from '../table.ts';
import { mutualInformation } from './mutual-information.ts';
import { permutationImportance, type Importance } from './permutation.ts';
import { stabilitySelection, type Stability } from './stability.ts';

/** What each column of a table is worth, in three ways that see different things. */
export interface SelectReport {
  readonly names: readonly string[];
  readonly coverage: Float64Array; // share of training rows where it is not missing
  readonly information: Float64Array; // bits, of training rows, by itself
  readonly importance: readonly Importance[]; // AUC of test rows that the model loses without it
  readonly stability: Stability; // of training rows, among the others
  readonly auc: number; // of the model on test rows
  readonly model: string;
}

export function selectReport(
  train: Examples, test: Examples, learner: Learner, seed = 1,
): SelectReport {
  const fitted = learner.fit(train, seed);
  const score = (predicted: Float64Array, labels: Float64Array): number => rocAuc(predicted, labels);
  const { rows, columns } = train.table;
  return {
    names: columns.map(({ name }) => name),
    coverage: Float64Array.from(columns, ({ values }) =>
      values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0) / Math.max(1, rows)),
    information: mutualInformation(train),
    importance: permutationImportance(fitted, test, score, { seed, repeats: 3 }),
    stability: stabilitySelection(train, { seed }),
    auc: score(fitted.predict(test.table), test.labels),
    model: learner.name,
  };
}

/** Lines of a table, the most important first; `familyOf` names each column's family. */
export function selectText(report: SelectReport, familyOf: (name: string) => string): string[] {
  const { names, coverage, information, importance, stability, auc, model } = report;
  const order = names.map((_, i) => i).sort((a, b) =>
    (stability.shares[b] as number) - (stability.shares[a] as number) ||
    (importance[b] as Importance).mean - (importance[a] as Importance).mean ||
    (information[b] as number) - (information[a] as number));
  const rows = order.map((i) => {
    const { mean, deviation } = importance[i] as Importance;
    const share = stability.shares[i] as number;
    return [
      (names[i] as string).padEnd(26), familyOf(names[i] as string).padEnd(10),
      `${((coverage[i] as number) * 100).toFixed(1)} %`.padStart(8),
      (information[i] as number).toFixed(4).padStart(9),
      `${mean >= 0 ? ' ' : '-'}${Math.abs(mean).toFixed(4)} ± ${deviation.toFixed(4)}`.padStart(18),
      `${share.toFixed(2)}${share >= stability.threshold ? ' *' : '  '}`.padStart(10),
    ].join(' ');
  });
  const head = [
    'feature'.padEnd(26), 'family'.padEnd(10), 'coverage'.padStart(8), 'MI, bits'.padStart(9),
    'AUC lost'.padStart(18), 'stability'.padStart(10),
  ].join(' ');
  return [
    head, ...rows, '',
    `${model}: AUC ${auc.toFixed(4)} on rows it has not seen`,
    `* chosen in at least ${stability.threshold * 100} % of halves, ${stability.chosen} columns each: ` +
      `of columns that say nothing, ${stability.falseMax.toFixed(1)} at most are expected there`,
  ];
}
