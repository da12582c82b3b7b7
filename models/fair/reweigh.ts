/**
 * Reweighing (Kamiran & Calders 2012): weights by group and outcome, under which the outcome does not
 * depend on the group: what was expected of a cell, over what is there. One a row, mean 1.
 */
export function reweigh(
  groups: ArrayLike<number>, outcomes: ArrayLike<number>, count: number,
): Float64Array {
  const rows = groups.length;
  const cells = new Float64Array(count * 2);
  const byGroup = new Float64Array(count);
  const byOutcome = new Float64Array(2);
  for (let row = 0; row < rows; row += 1) {
    const [group, outcome] = [groups[row] as number, outcomes[row] as number];
    cells[group * 2 + outcome] = (cells[group * 2 + outcome] as number) + 1;
    byGroup[group] = (byGroup[group] as number) + 1;
    byOutcome[outcome] = (byOutcome[outcome] as number) + 1;
  }
  return Float64Array.from({ length: rows }, (_, row) => {
    const [group, outcome] = [groups[row] as number, outcomes[row] as number];
    const expected = ((byGroup[group] as number) * (byOutcome[outcome] as number)) / rows;
    return expected / (cells[group * 2 + outcome] as number);
  });
}
