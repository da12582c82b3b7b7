/** One side of a comparison: what it is called, and one measured turn of it. */
export interface Variant<Sample> {
  readonly name: string;
  run(turn: number): Promise<Sample> | Sample;
}

/**
 * Runs every variant `turns` times, forwards and backwards by turns (a b c, c b a, …), so that a
 * machine that slows down or warms up does so for all alike. Samples by the variant's name.
 */
export async function interleave<Sample>(
  variants: readonly Variant<Sample>[],
  turns: number,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(variants.map(({ name }) => [name, []]));
  for (let turn = 0; turn < turns; turn += 1) {
    const order = turn % 2 === 0 ? variants : variants.toReversed();
    for (const variant of order) samples.get(variant.name)?.push(await variant.run(turn));
  }
  return samples;
}

/** The middle of the turns, and how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Of an even count the median is the mean of the two in the middle. NaN for none. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (place: number) => sorted[place] ?? NaN;
  const half = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    low: at(0),
    high: at(sorted.length - 1),
  };
}

/** Nanoseconds an item of `work`, which does `items` of them, repeated for `leastMs`. Call it warm. */
export async function nsPerItem(
  items: number,
  leastMs: number,
  work: () => void | Promise<void>,
): Promise<number> {
  const start = process.hrtime.bigint();
  let done = 0;
  let elapsedNs = 0;
  while (elapsedNs < leastMs * 1e6) {
    const more = work();
    if (more) await more;
    done += items;
    elapsedNs = Number(process.hrtime.bigint() - start);
  }
  return elapsedNs / done;
}
