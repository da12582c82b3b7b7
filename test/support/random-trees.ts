import { Prng } from '../../server/core/prng.ts';
import { checkTrees } from '../../server/explain/tree-ensemble-file.ts';
import type { TreeColumn, TreeEnsemble } from '../../server/explain/tree-ensemble.ts';

export interface RandomTrees {
  readonly columns: number; // every third has five categories, the others numbers
  readonly trees: number;
  readonly depth: number; // at most
  readonly link?: TreeEnsemble['link'];
}

/** Trees that nobody learned, with covers that add up, missing values and sets of categories. */
export function randomTrees(seed: number, { columns, trees, depth, link }: RandomTrees): TreeEnsemble {
  const prng = new Prng(seed);
  const names = Array.from({ length: columns }, (_, i): TreeColumn =>
    ({ name: `c${i}`, categories: i % 3 === 2 ? 5 : 0 }));
  const nodes: Node[] = [];
  const bits: number[] = [];
  const roots: number[] = [];
  const grow = (left: number, cover: number): number => {
    const at = nodes.length;
    const node: Node = {
      feature: -1, threshold: 0, set: -1, missing: 0, left: -1, right: -1,
      value: Math.fround(prng.normal()), cover,
    };
    nodes.push(node);
    if (left === 0 || prng.float() < 0.15) return at;
    node.feature = prng.below(columns);
    node.missing = prng.below(2);
    node.threshold = Math.fround(prng.normal());
    if ((names[node.feature] as TreeColumn).categories > 0) {
      node.set = bits.length;
      bits.push(1 + prng.below(30));
    }
    const share = 0.1 + 0.8 * prng.float();
    node.left = grow(left - 1, cover * share);
    node.right = grow(left - 1, cover * (1 - share));
    return at;
  };
  for (let tree = 0; tree < trees; tree += 1) roots.push(grow(depth, 100));
  const of = (pick: (node: Node) => number): number[] => nodes.map(pick);
  const ensemble: TreeEnsemble = {
    columns: names,
    link: link ?? 'identity',
    base: 0.25,
    roots: Int32Array.from(roots),
    feature: Int32Array.from(of((n) => n.feature)),
    threshold: Float32Array.from(of((n) => n.threshold)),
    set: Int32Array.from(of((n) => n.set)),
    missingLeft: Uint8Array.from(of((n) => n.missing)),
    left: Int32Array.from(of((n) => n.left)),
    right: Int32Array.from(of((n) => n.right)),
    value: Float32Array.from(of((n) => n.value)),
    cover: Float64Array.from(of((n) => n.cover)),
    bits: Uint32Array.from(bits),
  };
  checkTrees(ensemble);
  return ensemble;
}

interface Node {
  feature: number;
  threshold: number;
  set: number;
  missing: number;
  left: number;
  right: number;
  value: number;
  cover: number;
}

/** Rows for such trees: one cell in ten is missing. */
export function randomRows(seed: number, { columns }: TreeEnsemble, count: number): Float32Array {
  const prng = new Prng(seed);
  return Float32Array.from({ length: count * columns.length }, (_, at) => {
    const { categories } = columns[at % columns.length] as TreeColumn;
    if (prng.float() < 0.1) return NaN;
    return categories > 0 ? prng.below(categories) : prng.normal();
  });
}
