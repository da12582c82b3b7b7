import type { Table } from '../learn/table.ts';
import { TrainingError } from '../learn/training-error.ts';
import type { FittedUplift } from './learners.ts';

/** When each customer is best contacted, and what that adds then. */
export interface Timed {
  readonly uplift: Float64Array;
  readonly moment: Uint32Array; // category of the moment column
}

/**
 * The moment at which the treatment adds most, by asking the model of every moment there is. `moment`
 * is a column that the sender chooses, and that was drawn by lot in the trial as the arms were.
 */
export function bestMoments(fitted: FittedUplift, table: Table, moment: string): Timed {
  const names = momentNames(table, moment);
  const uplift = new Float64Array(table.rows).fill(-Infinity);
  const best = new Uint32Array(table.rows);
  names.forEach((_, at) => {
    fitted.predict(atMoment(table, moment, at)).forEach((score, row) => {
      if (score <= (uplift[row] as number)) return;
      uplift[row] = score;
      best[row] = at;
    });
  });
  return { uplift, moment: best };
}

export function momentNames({ columns }: Table, moment: string): readonly string[] {
  const column = columns.find(({ name }) => name === moment);
  if (column?.categories) return column.categories;
  throw new TrainingError(`'${moment}' is no column of names: call its moments something`);
}

/** The category of each row's moment; NaN where it has none. */
export function momentColumn({ columns }: Table, moment: string): Float64Array {
  return columns.find(({ name }) => name === moment)?.values ?? new Float64Array(0);
}

function atMoment(table: Table, moment: string, at: number): Table {
  const columns = table.columns.map((column) =>
    (column.name === moment ? { ...column, values: new Float64Array(table.rows).fill(at) } : column));
  return { ...table, columns };
}
