import { Prng } from '../../../server/core/prng.ts';
import type { Learner } from '../learner.ts';
import { featureRows } from '../rows.ts';
import { weightsOf, type Examples } from '../table.ts';
import { Binning } from './binning.ts';
import { TreeCollector } from './collect.ts';
import { FittedTrees } from './fitted.ts';
import { saidSettings } from './settings.ts';
import { Grower, type GrownNode } from './grow.ts';

export interface ForestSettings {
  readonly trees?: number; // 300
  readonly leafRows?: number; // 2, a leaf at least
  readonly leaves?: number; // Infinity, a tree at most
  readonly nodeColumns?: number; // drawn for each node; the root of their number
  readonly categorySmooth?: number; // 10
  /** `random`: Breiman 2001, rows drawn with repetition. `extra`: all rows, random edges. */
  readonly kind?: 'random' | 'extra';
}

/**
 * A random forest (Breiman 2001) or extremely randomised trees (Geurts et al. 2006): the mean of
 * deep trees made unlike by chance. On labels 0 and 1 its splits are those of Gini's impurity and
 * its answer a probability; on others those of variance, and a mean.
 */
export function forest(settings: ForestSettings = {}): Learner<FittedTrees> {
  const s = { ...DEFAULTS, ...settings };
  return {
    name: `${s.kind === 'extra' ? 'extra trees' : 'random forest'}, ${s.trees} trees` +
      saidSettings(settings, DEFAULTS, ['trees', 'kind']),
    fit: (examples, seed) => fit(s, examples, seed),
  };
}

/** Many trees blur edges anyway, and deep ones look at every bin for a handful of rows. */
const BINS = 64;

const DEFAULTS = {
  trees: 300, leafRows: 2, leaves: Infinity, nodeColumns: 0, categorySmooth: 10, kind: 'random',
} as const satisfies ForestSettings;

function fit(s: Required<ForestSettings>, examples: Examples, seed: number): FittedTrees {
  const { table, labels } = examples;
  const prng = new Prng(seed);
  const own = weightsOf(examples);
  const binning = new Binning(table, BINS);
  const codes = binning.codes(featureRows(binning.columns, table));
  const columns = table.columns.map((_, column) => column);
  const nodeColumns = s.nodeColumns || Math.max(1, Math.round(Math.sqrt(columns.length)));
  const grower = new Grower(binning.binned, codes, {
    leavesMax: s.leaves, depthMax: Infinity, leafRowsMin: s.leafRows, leafHessianMin: 0,
    gainMin: 1e-9, l2: 0, categorySmooth: s.categorySmooth, categoryL2: 0, oneHot: false,
    nodeColumns: Math.min(nodeColumns, columns.length), randomEdges: s.kind === 'extra',
  });
  const collector = new TreeCollector(binning);
  const g = new Float64Array(table.rows);
  const h = new Float64Array(table.rows);
  // With margins at 0 and squared error, a Newton step is the mean of the labels.
  const value = ({ sums }: GrownNode): number => -sums.g / sums.h / s.trees;
  for (let tree = 0; tree < s.trees; tree += 1) {
    const times = s.kind === 'random' ? drawn(table.rows, prng) : null;
    const rows: number[] = [];
    for (let row = 0; row < table.rows; row += 1) {
      const count = times ? (times[row] as number) : 1;
      if (count === 0) continue;
      rows.push(row);
      h[row] = count * (own[row] as number);
      g[row] = -(h[row] as number) * (labels[row] as number);
    }
    collector.add(grower.grow(Uint32Array.from(rows), g, h, columns, prng), value, h);
  }
  const output = labels.every((label) => label === 0 || label === 1) ? 'probability' : 'value';
  return new FittedTrees(binning.columns, collector.ensemble('identity', 0), output);
}

/** How often each row is drawn, in as many draws as there are rows. */
function drawn(rows: number, prng: Prng): Uint32Array {
  const times = new Uint32Array(rows);
  for (let draw = 0; draw < rows; draw += 1) {
    const row = prng.below(rows);
    times[row] = (times[row] as number) + 1;
  }
  return times;
}
