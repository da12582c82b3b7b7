/** One line of the list: whom to send the coupon, when, and what it is expected to bring. */
export interface Action {
  readonly row: number;
  readonly moment: number | null; // category of the moment column
  readonly uplift: number; // of the chance of a purchase
  readonly value: number; // of a purchase
  readonly gain: number; // uplift x value - what the coupon costs
}

export interface ActionOptions {
  readonly values?: ArrayLike<number>; // 1 each when absent
  readonly moments?: ArrayLike<number>;
  readonly cost?: number; // of one coupon, in the values' money; 0
}

/** All rows, the largest gain first; those whom a coupon would lose money on are at the end. */
export function rankActions(
  uplift: ArrayLike<number>, { values, moments, cost = 0 }: ActionOptions = {},
): Action[] {
  const actions = Array.from(uplift, (each, row): Action => {
    const value = values?.[row] ?? 1;
    return { row, moment: moments?.[row] ?? null, uplift: each, value, gain: each * value - cost };
  });
  return actions.sort((a, b) => b.gain - a.gain || a.row - b.row);
}
