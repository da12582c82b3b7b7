import type { Prng } from '../../../server/core/prng.ts';
import type { BinnedColumn } from './binning.ts';
import { score, type Split, type SplitRules, type Sums } from './split.ts';

/**
 * One split of a column drawn at random, as extra-trees have it (Geurts, Ernst & Wehenkel 2006): of
 * numbers, an edge between the node's least and greatest bins, each as likely; of categories, a side
 * for each by a coin, but for two of them that are parted. Missing cells go where a coin says.
 * Null where the split is not allowed. Reads the rows themselves: no histogram is needed.
 */
export function randomSplit(
  column: number, { bins, binOf }: BinnedColumn, codes: Uint8Array, rows: Uint32Array,
  g: Float64Array, h: Float64Array, node: Sums, rules: SplitRules, prng: Prng,
): Split | null {
  let least = bins;
  let most = -1;
  let missing = false;
  for (let i = 0; i < rows.length; i += 1) {
    const code = codes[rows[i] as number] as number;
    if (code === bins) missing = true;
    else {
      if (code < least) least = code;
      if (code > most) most = code;
    }
  }
  if (most < 0 || (least === most && !missing)) return null;

  const left = new Uint8Array(bins + 1);
  const cut = least === most ? least : least + prng.below(most - least);
  if (binOf) {
    for (let bin = 0; bin < bins; bin += 1) left[bin] = prng.below(2);
    left[least] = 1;
    if (most > least) left[most] = 0;
  } else {
    left.fill(1, 0, cut + 1);
  }
  left[bins] = least < most ? prng.below(2) : 0;

  let sumG = 0;
  let sumH = 0;
  let n = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    if (left[codes[row] as number] === 0) continue;
    sumG += g[row] as number;
    sumH += h[row] as number;
    n += 1;
  }
  if (Math.min(n, node.n - n) < rules.leafRowsMin) return null;
  if (Math.min(sumH, node.h - sumH) < rules.leafHessianMin) return null;
  const { l2 } = rules;
  const gain =
    score(sumG, sumH, l2) + score(node.g - sumG, node.h - sumH, l2) - score(node.g, node.h, l2);
  if (!(gain > rules.gainMin)) return null;
  return { gain, column, left, bin: binOf ? -1 : cut, sums: { g: sumG, h: sumH, n } };
}
