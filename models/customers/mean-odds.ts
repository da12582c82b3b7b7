/** The chance whose log odds are the mean of theirs. */
export function meanOdds(of: readonly Float64Array[]): Float64Array {
  return Float64Array.from(of[0]!, (_, row) => {
    let sum = 0;
    for (const chances of of) {
      const p = Math.min(1 - 1e-7, Math.max(1e-7, chances[row] as number));
      sum += Math.log(p / (1 - p)) / of.length;
    }
    return 1 / (1 + Math.exp(-sum));
  });
}
