import type { TreeColumn, TreeEnsemble } from '../../../server/explain/tree-ensemble.ts';
import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';

/**
 * The ensemble as nodes of a graph, `ai.onnx.ml` TreeEnsembleRegressor: from `features` FP32
 * [rows, columns] to the sum of base and leaves, FP32 [rows, 1]. Thresholds and leaves are the
 * ensemble's own float32 numbers, and missing cells keep their direction, so every row comes to the
 * same leaf as by `leafOf`; sums are float32 here and double there.
 */
export function addTrees(graph: OnnxGraphBuilder, trees: TreeEnsemble, features: Value): Value {
  const known = markUnknown(graph, trees.columns, features);
  const list = new NodeList();
  trees.roots.forEach((root, tree) => addTree(list, trees, root, tree));
  const { nodes, leaves } = list;
  const ints = (key: Exclude<keyof ListedNode, 'mode' | 'value'>): { ints: number[] } =>
    ({ ints: nodes.map((node) => node[key]) });
  return graph.node('TreeEnsembleRegressor', [known], {
    n_targets: { int: 1 },
    aggregate_function: { string: 'SUM' },
    post_transform: { string: 'NONE' },
    base_values: { floats: [trees.base] },
    nodes_treeids: ints('tree'),
    nodes_nodeids: ints('node'),
    nodes_featureids: ints('feature'),
    nodes_modes: { strings: nodes.map(({ mode }) => mode) },
    nodes_values: { floats: nodes.map(({ value }) => value) },
    nodes_truenodeids: ints('yes'),
    nodes_falsenodeids: ints('no'),
    nodes_missing_value_tracks_true: ints('missingYes'),
    target_treeids: { ints: leaves.map(({ tree }) => tree) },
    target_nodeids: { ints: leaves.map(({ node }) => node) },
    target_ids: { ints: leaves.map(() => 0) },
    target_weights: { floats: leaves.map(({ weight }) => weight) },
  }, graph.fresh('trees'), 'ai.onnx.ml');
}

interface ListedNode {
  readonly tree: number;
  readonly node: number;
  readonly feature: number;
  readonly mode: 'LEAF' | 'BRANCH_LEQ' | 'BRANCH_EQ';
  readonly value: number;
  yes: number;
  no: number;
  readonly missingYes: number;
}

class NodeList {
  readonly nodes: ListedNode[] = [];
  readonly leaves: { readonly tree: number; readonly node: number; readonly weight: number }[] = [];
  #tree = -1;
  #from = 0;

  /** The place in `nodes` of the new node, whose children are filled in later. */
  add(node: Omit<ListedNode, 'node' | 'yes' | 'no'>): number {
    if (node.tree !== this.#tree) {
      this.#tree = node.tree;
      this.#from = this.nodes.length;
    }
    return this.nodes.push({ ...node, node: this.nodes.length - this.#from, yes: 0, no: 0 }) - 1;
  }
}

/** Depth first, as runtimes that walk along memory like it. */
function addTree(list: NodeList, trees: TreeEnsemble, root: number, tree: number): void {
  const place = (node: number): number => {
    const feature = trees.feature[node] as number;
    if (feature < 0) {
      const at = list.add({ tree, feature: 0, mode: 'LEAF', value: 0, missingYes: 0 });
      const id = (list.nodes[at] as ListedNode).node;
      list.leaves.push({ tree, node: id, weight: trees.value[node] as number });
      return id;
    }
    if ((trees.set[node] as number) >= 0) return placeSet(node, feature);
    const at = list.add({
      tree, feature, mode: 'BRANCH_LEQ', value: trees.threshold[node] as number,
      missingYes: trees.missingLeft[node] as number,
    });
    return link(at, trees.left[node] as number, trees.right[node] as number);
  };
  const link = (at: number, yes: number, no: number): number => {
    const listed = list.nodes[at] as ListedNode;
    listed.yes = place(yes);
    listed.no = place(no);
    return listed.node;
  };
  /** A chain of questions, one a category of the smaller side, that all lead to one subtree. */
  const placeSet = (node: number, feature: number): number => {
    const [inSet, others] = sidesOf(trees, node, feature);
    const [left, right] = [trees.left[node] as number, trees.right[node] as number];
    const asksLeft = inSet.length <= others.length;
    const chain = (asksLeft ? inSet : others).map((value) =>
      list.add({ tree, feature, mode: 'BRANCH_EQ', value, missingYes: 0 }));
    const end = place(asksLeft ? left : right);
    const other = place(asksLeft ? right : left);
    chain.forEach((at, i) => {
      const listed = list.nodes[at] as ListedNode;
      const following = chain[i + 1];
      listed.yes = end;
      listed.no = following === undefined ? other : (list.nodes[following] as ListedNode).node;
    });
    return (list.nodes[chain[0] as number] as ListedNode).node;
  };
  place(root);
}

/** The categories that go left and those that go right; the number after the last is "missing". */
function sidesOf(trees: TreeEnsemble, node: number, feature: number): [number[], number[]] {
  const from = trees.set[node] as number;
  const { categories } = trees.columns[feature] as TreeColumn;
  const sides: [number[], number[]] = [[], []];
  for (let code = 0; code < categories; code += 1) {
    const isLeft = (((trees.bits[from + (code >>> 5)] as number) >>> (code & 31)) & 1) === 1;
    sides[isLeft ? 0 : 1].push(code);
  }
  sides[trees.missingLeft[node] === 1 ? 0 : 1].push(categories);
  return sides;
}

/**
 * Missing cells of categories, and numbers that are none of theirs, become the number after the
 * last: one more category to ask for.
 */
function markUnknown(
  graph: OnnxGraphBuilder, columns: readonly TreeColumn[], features: Value,
): Value {
  if (columns.every(({ categories }) => categories === 0)) return features;
  const each = (name: string, of: (column: TreeColumn) => number): Value => graph.constant(
    graph.fresh(name), [1, columns.length], Float32Array.from(columns, of));
  const least = each('least', ({ categories }) => (categories === 0 ? -Infinity : 0));
  const most = each('most', ({ categories }) => (categories === 0 ? Infinity : categories - 1));
  const missing = each('missing', ({ categories }) => (categories === 0 ? NaN : categories));
  const fits = graph.node('And', [
    graph.node('GreaterOrEqual', [features, least], {}, graph.fresh('at_least')),
    graph.node('LessOrEqual', [features, most], {}, graph.fresh('at_most')),
  ], {}, graph.fresh('fits'));
  return graph.node('Where', [fits, features, missing], {}, graph.fresh('known'));
}
