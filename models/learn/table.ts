/**
 * A table of examples: rows by named columns. What a cell may be is said here once, and every
 * learner, splitter and explainer keeps to it:
 *  - `number`: any finite number; NaN is a missing value. Never an infinity.
 *  - `category`: the number of an entry of `categories`, 0-based; NaN is a missing value. A value
 *    that was not there when a model learned is missing to that model.
 */
export interface Column {
  readonly name: string;
  readonly kind: 'number' | 'category';
  readonly values: Float64Array; // one a row
  readonly categories?: readonly string[]; // of a `category`, in a fixed order
}

export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** What is known of each row besides what a model may see. */
export interface Examples {
  readonly table: Table;
  /** One a row. 0 or 1 where probabilities are learned; any finite number for a regression. */
  readonly labels: Float64Array;
  /** Positive, one a row; absent: all 1. */
  readonly weights?: Float64Array;
  /** When each row's features were known, ms since 1970; absent: the rows have no order in time. */
  readonly times?: Float64Array;
  /** Whose row it is (a customer's number): rows of one are never on both sides of a grouped split. */
  readonly groups?: Uint32Array;
}

/** One a row: 1 where nothing is said. */
export function weightsOf({ labels, weights }: Examples): Float64Array {
  return weights ?? new Float64Array(labels.length).fill(1);
}

/** A column of numbers. */
export function numbers(name: string, values: ArrayLike<number>): Column {
  return { name, kind: 'number', values: Float64Array.from(values) };
}

/** A column of texts, whose categories are in order of their names; '' is missing. */
export function categories(name: string, texts: readonly string[]): Column {
  const known = [...new Set(texts)].filter((text) => text !== '').sort();
  const codes = new Map(known.map((text, code) => [text, code]));
  const values = Float64Array.from(texts, (text) => codes.get(text) ?? NaN);
  return { name, kind: 'category', values, categories: known };
}

/** The rows at `at`, in that order; a row may be asked for more than once. */
export function takeRows(table: Table, at: ArrayLike<number>): Table {
  const columns = table.columns.map((column) => ({ ...column, values: pick(column.values, at) }));
  return { rows: at.length, columns };
}

/** The examples at `at`, in that order; one may be asked for more than once. */
export function takeExamples(examples: Examples, at: ArrayLike<number>): Examples {
  const { table, labels, weights, times, groups } = examples;
  return {
    table: takeRows(table, at),
    labels: pick(labels, at),
    ...(weights && { weights: pick(weights, at) }),
    ...(times && { times: pick(times, at) }),
    ...(groups && { groups: Uint32Array.from(at, (row) => groups[row] as number) }),
  };
}

/** The table without the columns of these names. */
export function dropColumns(table: Table, names: readonly string[]): Table {
  return { ...table, columns: table.columns.filter(({ name }) => !names.includes(name)) };
}

function pick(values: Float64Array, at: ArrayLike<number>): Float64Array {
  return Float64Array.from(at, (row) => values[row] as number);
}
