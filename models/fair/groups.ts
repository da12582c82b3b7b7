/** Rows by the group that they belong to. */
export interface Groups {
  readonly names: readonly string[];
  readonly of: Uint32Array; // one a row: its group's number
  readonly sizes: readonly number[];
  readonly notes: readonly string[]; // what was merged, and what is still small
}

export const OTHERS = 'all others';

export interface GroupOptions {
  /** Fewer rows say too little: such groups are merged into one, `OTHERS`. */
  readonly rowsMin: number;
  /** And so many rows with each outcome, where outcomes are given. */
  readonly outcomesMin?: number;
  readonly outcomes?: ArrayLike<number>;
}

/**
 * Groups by their texts, largest first; '' is a group, `not known`. Small ones are merged, and where
 * even together they are small, a note says that nothing can be said of them.
 */
export function groupRows(
  texts: readonly string[], { rowsMin, outcomesMin = 0, outcomes }: GroupOptions,
): Groups {
  const tallies = new Map<string, Tally>();
  texts.forEach((text, row) => {
    const name = text === '' ? 'not known' : text;
    const tally = tallies.get(name) ?? { rows: 0, ones: 0 };
    tallies.set(name, { rows: tally.rows + 1, ones: tally.ones + (outcomes?.[row] === 1 ? 1 : 0) });
  });
  const enough = ({ rows, ones }: Tally): boolean => rows >= rowsMin &&
    (!outcomes || Math.min(ones, rows - ones) >= outcomesMin);
  const ordered = [...tallies].sort((a, b) => b[1].rows - a[1].rows || (a[0] < b[0] ? -1 : 1));
  const large = ordered.filter(([, tally]) => enough(tally));
  const small = ordered.filter(([, tally]) => !enough(tally));
  const names = [...large.map(([name]) => name), ...(small.length > 0 ? [OTHERS] : [])];
  const places = new Map(names.map((name, at) => [name, at]));
  const of = Uint32Array.from(texts, (text) =>
    places.get(text === '' ? 'not known' : text) ?? names.length - 1);
  const sizes = names.map(() => 0);
  for (const group of of) sizes[group] = (sizes[group] as number) + 1;
  return { names, of, sizes, notes: notesOn(small, { rowsMin, outcomesMin }, enough) };
}

interface Tally {
  readonly rows: number;
  readonly ones: number;
}

function notesOn(
  small: readonly (readonly [string, Tally])[], { rowsMin, outcomesMin = 0 }: GroupOptions,
  enough: (tally: Tally) => boolean,
): string[] {
  if (small.length === 0) return [];
  const together = small.reduce(
    (sum, [, tally]) => ({ rows: sum.rows + tally.rows, ones: sum.ones + tally.ones }), { rows: 0, ones: 0 });
  const limit = `${rowsMin} rows${outcomesMin > 0 ? ` with ${outcomesMin} of each outcome` : ''}`;
  const shown = small.slice(0, 8).map(([name, { rows }]) => `${name} (${rows})`).join(', ');
  const more = small.length > 8 ? ` and ${small.length - 8} more` : '';
  const merged = `${small.length} groups of less than ${limit} are merged into '${OTHERS}', ` +
    `${together.rows} rows: ${shown}${more}`;
  if (enough(together)) return [merged];
  return [merged, `'${OTHERS}' is still less than ${limit}: its figures say little`];
}
