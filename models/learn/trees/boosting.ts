import { Prng } from '../../../server/core/prng.ts';
import type { Learner } from '../learner.ts';
import { featureRows } from '../rows.ts';
import { weightsOf, type Examples } from '../table.ts';
import { Binning } from './binning.ts';
import { TreeCollector } from './collect.ts';
import { FittedTrees } from './fitted.ts';
import { saidSettings } from './settings.ts';
import { Grower, type GrownNode, type GrownTree } from './grow.ts';
import { OBJECTIVES, type Objective } from '../objective.ts';

export interface BoostingSettings {
  /** `logistic` learns probabilities from labels 0 and 1, `squared` any values. */
  readonly objective?: Objective;
  readonly trees?: number; // 300, at most
  readonly leaves?: number; // 15, a tree at most
  readonly depth?: number; // of splits above a leaf at most; Infinity
  readonly rate?: number; // .05: what a tree's step is multiplied by
  readonly l2?: number; // 1
  readonly leafRows?: number; // 20, a leaf at least
  readonly leafHessian?: number; // 1e-3, a leaf at least
  readonly gainMin?: number; // 0: what a split must gain
  readonly rowShare?: number; // 1: rows drawn for each tree, without repetition
  readonly columnShare?: number; // 1: columns drawn for each tree, one at least
  readonly categorySmooth?: number; // 10
  readonly categoryL2?: number; // 10
  readonly oneHot?: boolean; // false: one category against the others, instead of sets
  readonly patience?: number; // 20: trees without a gain on validation rows, before it ends
}

/**
 * Gradient boosting (Friedman 2001) with histograms and best-first trees (LightGBM, Ke et al. 2017),
 * Newton steps and L2 (XGBoost, Chen & Guestrin 2016). With validation examples it keeps the trees
 * up to the least loss on them.
 */
export function boostedTrees(settings: BoostingSettings = {}): Learner<FittedTrees> {
  const s = { ...DEFAULTS, ...settings };
  return {
    name: `boosted trees, ${s.trees} of ${s.leaves} leaves, rate ${s.rate}` +
      saidSettings(settings, DEFAULTS, ['trees', 'leaves', 'rate']),
    fit: (examples, seed, validation) => fit(s, examples, seed, validation),
  };
}

const DEFAULTS: Required<BoostingSettings> = {
  objective: 'logistic', trees: 300, leaves: 15, depth: Infinity, rate: 0.05, l2: 1, leafRows: 20,
  leafHessian: 1e-3, gainMin: 0, rowShare: 1, columnShare: 1, categorySmooth: 10, categoryL2: 10,
  oneHot: false, patience: 20,
};

function fit(
  s: Required<BoostingSettings>, examples: Examples, seed: number, validation?: Examples,
): FittedTrees {
  const { table, labels } = examples;
  const { base, derive, loss } = OBJECTIVES[s.objective];
  const prng = new Prng(seed);
  const weights = weightsOf(examples);
  const binning = new Binning(table);
  const codes = binning.codes(featureRows(binning.columns, table));
  const start = Math.fround(base(labels, weights));
  const margins = new Float64Array(table.rows).fill(start);
  const g = new Float64Array(table.rows);
  const h = new Float64Array(table.rows);
  const watched = validation && watch(binning, validation, start);
  const grower = new Grower(binning.binned, codes, {
    leavesMax: s.leaves, depthMax: s.depth, leafRowsMin: s.leafRows, leafHessianMin: s.leafHessian,
    gainMin: s.gainMin, l2: s.l2, categorySmooth: s.categorySmooth, categoryL2: s.categoryL2,
    oneHot: s.oneHot, nodeColumns: Infinity, randomEdges: false,
  });
  const value = ({ sums }: GrownNode): number => (-s.rate * sums.g) / (sums.h + s.l2);
  const all = Uint32Array.from({ length: table.rows }, (_, row) => row);
  const columns = table.columns.map((_, column) => column);
  const columnCount = Math.max(1, Math.round(s.columnShare * columns.length));
  const collector = new TreeCollector(binning);
  let best = { loss: Infinity, trees: 0 };

  for (let round = 0; round < s.trees; round += 1) {
    derive(margins, labels, weights, g, h);
    const rows = s.rowShare < 1 ? sample(all, s.rowShare, prng) : all;
    const among = columnCount < columns.length
      ? [...sample(Uint32Array.from(columns), columnCount / columns.length, prng)] : columns;
    const tree = grower.grow(rows, g, h, among, prng);
    collector.add(tree, value, weights);
    addTree(margins, tree, codes, rows.length === all.length, value);
    if (tree.nodes.length === 1 && rows === all && among === columns) break; // nothing gains
    if (!watched) continue;
    addTree(watched.margins, tree, watched.codes, false, value);
    const now = loss(watched.margins, watched.labels, watched.weights);
    if (now < best.loss) best = { loss: now, trees: round + 1 };
    else if (round + 1 - best.trees >= s.patience) break;
  }
  const trees = watched ? best.trees : collector.trees;
  const [link, output] = s.objective === 'logistic'
    ? ['logistic', 'probability'] as const : ['identity', 'value'] as const;
  return new FittedTrees(binning.columns, collector.ensemble(link, start, trees), output);
}

function watch(binning: Binning, { table, labels, ...rest }: Examples, start: number) {
  return {
    codes: binning.codes(featureRows(binning.columns, table)),
    labels,
    weights: weightsOf({ table, labels, ...rest }),
    margins: new Float64Array(table.rows).fill(start),
  };
}

/** Adds the tree's leaves to the rows' sums; `whole`: every row learned, so each is in a leaf. */
function addTree(
  margins: Float64Array, { nodes }: GrownTree, codes: readonly Uint8Array[], whole: boolean,
  value: (node: GrownNode) => number,
): void {
  if (whole) {
    for (const node of nodes) {
      if (node.split) continue;
      const add = Math.fround(value(node)); // as the ensemble has it
      for (const row of node.rows) margins[row] = (margins[row] as number) + add;
    }
    return;
  }
  const values = nodes.map((node) => Math.fround(value(node)));
  for (let row = 0; row < margins.length; row += 1) {
    let at = 0;
    for (let node = nodes[0] as GrownNode; node.split;) {
      const { column, left } = node.split;
      at = left[(codes[column] as Uint8Array)[row] as number] === 1 ? node.left : node.right;
      node = nodes[at] as GrownNode;
    }
    margins[row] = (margins[row] as number) + (values[at] as number);
  }
}

/** About `share` of them, at least one, in their order (selection sampling, Knuth 3.4.2 S). */
function sample(all: Uint32Array, share: number, prng: Prng): Uint32Array {
  const wanted = Math.max(1, Math.round(share * all.length));
  const out = new Uint32Array(wanted);
  let taken = 0;
  for (let at = 0; taken < wanted; at += 1) {
    if (prng.float() * (all.length - at) < wanted - taken) out[taken++] = all[at] as number;
  }
  return out;
}
