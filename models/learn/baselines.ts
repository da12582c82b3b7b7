import { binnedShare } from './binned-share.ts';
import type { Fitted, Learner } from './learner.ts';
import { rocAuc } from './metrics/ranking.ts';
import { featureRows, learnedColumns } from './rows.ts';
import type { Column, Table } from './table.ts';
import { TrainingError } from './training-error.ts';

/** What everybody knows before there is a model: whoever is no better is not worth serving. */

/** The share of ones, said to everybody. */
export const baseRate: Learner = {
  name: 'base rate',
  fit({ labels, weights }) {
    let ones = 0;
    let all = 0;
    labels.forEach((label, row) => {
      ones += label * (weights?.[row] ?? 1);
      all += weights?.[row] ?? 1;
    });
    return { predict: ({ rows }) => new Float64Array(rows).fill(ones / all) };
  },
};

/** The column that alone ranks best, by the share of ones about its value. */
export const bestColumn: Learner<OneColumn> = {
  name: 'best single column',
  fit(examples) {
    const aucs = examples.table.columns.map((column) => aucAlone(column, examples.labels));
    const best = aucs.reduce((most, auc, at) => (auc > (aucs[most] as number) ? at : most), 0);
    const column = examples.table.columns[best];
    if (!column) throw new TrainingError('a table without columns');
    const learned = learnedColumns({ rows: 0, columns: [column] });
    const share = binnedShare(column.kind, single(column), examples.labels);
    return {
      column: column.name,
      predict: (table) => Float64Array.from(featureRows(learned, table), share),
    };
  },
};

export interface OneColumn extends Fitted {
  readonly column: string; // which it is
}

/**
 * What the shop does without a model: a score of its own, such as 'has a basket' or the days since
 * the last order. Its probability is the share of ones about the score.
 */
export function rule(name: string, score: (table: Table) => Float64Array): Learner {
  return {
    name,
    fit({ table, labels }) {
      const share = binnedShare('number', score(table), labels);
      return { predict: (asked) => score(asked).map(share) };
    },
  };
}

/** AUC of a column alone, half of the rows telling of the other half: more bins are not better. */
function aucAlone(column: Column, labels: Float64Array): number {
  const values = single(column);
  const said = new Float64Array(labels.length);
  for (const side of [0, 1]) {
    const of = (list: Float64Array) => list.filter((_, row) => row % 2 === side);
    const share = binnedShare(column.kind, of(values), of(labels));
    values.forEach((value, row) => {
      if (row % 2 !== side) said[row] = share(value);
    });
  }
  return rocAuc(said, labels);
}

/** As a model's rows have it: float32. */
function single({ values }: Column): Float64Array {
  return values.map(Math.fround);
}
