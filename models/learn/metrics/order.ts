/** Row numbers from the highest value to the lowest; rows of equal value in order of their numbers. */
export function descending(values: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(values, (_, row) => row)
    .sort((a, b) => (values[b] as number) - (values[a] as number));
}

/** Calls `tie` with the bounds [from, end) of every run of equal values in `order`. */
export function eachTie(
  values: ArrayLike<number>, order: Uint32Array, tie: (from: number, end: number) => void,
): void {
  for (let from = 0; from < order.length;) {
    const value = values[order[from] as number];
    let end = from + 1;
    while (end < order.length && values[order[end] as number] === value) end += 1;
    tie(from, end);
    from = end;
  }
}

/** How many of the labels are 1. */
export function ones(labels: ArrayLike<number>): number {
  let count = 0;
  for (let row = 0; row < labels.length; row += 1) count += labels[row] as number;
  return count;
}
