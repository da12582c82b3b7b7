/** From a filter's expression to the bitmap of what passes, over a catalogue of a million items. */
import { FilterCode, type FilterExpression } from '../server/ann/filter-code.ts';
import { loadAddon } from '../server/ann/binding.ts';
import { Prng } from '../server/core/prng.ts';
import type { Bench } from './bench.ts';
import { interleave, nsPerItem, spread } from './harness.ts';
import { withRatios, type Row } from './report.ts';
import { digest } from './requests.ts';

// Categories 0..3 and their shares; then each item has one of SMALL categories of its own kind.
const SHARES = [0.5, 0.1, 0.01, 0.001];
const SMALL = 1000;
const SIZES = {
  full: { items: 1_000_000, leastMs: 200, turns: 9 },
  quick: { items: 1_000_000, leastMs: 50, turns: 5 },
  smoke: { items: 1000, leastMs: 1, turns: 1 },
} as const;

const STOCK: FilterExpression = { flag: 0 };
const small = (count: number) => Array.from({ length: count }, (_, i) => SHARES.length + i);

export const bench: Bench = {
  packages: [],
  async run({ size, say }) {
    const { items, leastMs, turns } = SIZES[size];
    const addon = loadAddon();
    const catalogue = make(items);
    const hidden = Array.from(catalogue.hidden);
    const cases: Record<string, FilterExpression> = {
      ...Object.fromEntries(SHARES.map((share, category) => [
        `category of ${share * 100} % and in stock`, { all: [{ category: [category] }, STOCK] },
      ])),
      'category of 10 %, in stock, without 1000 items': {
        all: [{ category: [1] }, STOCK, { not: { rows: hidden } }],
      },
      'price of 30 to 31, in stock': { all: [{ column: 0, min: 30, max: 31 }, STOCK] },
      'price of 30 to 100, in stock': { all: [{ column: 0, min: 30, max: 100 }, STOCK] },
      'any of 20 categories of 0.1 %, in stock': { all: [{ category: small(20) }, STOCK] },
    };
    const sides = addon.isas().map((isa) => {
      const index = new addon.FilterIndex({ flags: 1, columns: 1, isa });
      const { rows, ends, categories, flags, numbers } = catalogue;
      index.put(rows, ends, categories, flags, numbers);
      return { isa, index, bitmap: new addon.Bitmap() };
    });
    const rows: Row[] = [];
    for (const [name, expression] of Object.entries(cases)) {
      say(name);
      const code = new FilterCode().of(expression).slice();
      const counts = new Set(sides.map(({ index, bitmap }) => index.evaluate(code, bitmap)));
      if (counts.size !== 1) throw new Error(`${name}: the sets differ: ${[...counts]}`);
      const variants = sides.map(({ isa, index, bitmap }) => ({
        name: isa,
        run: () => nsPerItem(1, leastMs, () => void index.evaluate(code, bitmap)),
      }));
      await interleave(variants, 1); // warm
      const measured = [...(await interleave(variants, turns))].map(([impl, values]): Row => {
        const { median, low, high } = spread(values.map((ns) => ns / 1000));
        return { case: `${name}: ${[...counts]} pass`, impl, metric: 'time', value: median, unit: 'us', low, high };
      });
      rows.push(...withRatios(measured, 'scalar'));
    }
    const bytes = (sides[0] as { index: { bytes: number } }).index.bytes;
    const notes = [`${items} items, ${(bytes / items).toFixed(1)} bytes each; one thread, through the addon`];
    return { inputs: digest([new Uint8Array(catalogue.categories.buffer)]), rows, notes };
  },
};

function make(items: number) {
  const prng = new Prng(21);
  const categories: number[] = [];
  const ends = new Uint32Array(items);
  for (let i = 0; i < items; i += 1) {
    SHARES.forEach((share, category) => {
      if (prng.float() < share) categories.push(category);
    });
    categories.push(SHARES.length + prng.below(SMALL));
    ends[i] = categories.length;
  }
  return {
    rows: Uint32Array.from({ length: items }, (_, row) => row),
    ends,
    categories: Uint32Array.from(categories),
    flags: Uint32Array.from({ length: items }, () => (prng.float() < 0.9 ? 1 : 0)),
    numbers: Float64Array.from({ length: items }, () => Math.exp(3 + 4 * prng.float() * prng.float())),
    hidden: Uint32Array.from({ length: 1000 }, () => prng.below(items)).sort(),
  };
}
