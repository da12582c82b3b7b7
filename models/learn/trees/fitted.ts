import {
  treesAnswer, treesMargin, type TreeEnsemble,
} from '../../../server/explain/tree-ensemble.ts';
import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import { fittedOnnx } from '../fitted-onnx.ts';
import type { Fitted } from '../learner.ts';
import { featureRows, type LearnedColumn } from '../rows.ts';
import type { Table } from '../table.ts';
import { addTrees } from './onnx.ts';

/** What a tree learner learned. */
export class FittedTrees implements Fitted {
  constructor(
    readonly columns: readonly LearnedColumn[],
    readonly trees: TreeEnsemble,
    private readonly output: 'probability' | 'value',
  ) {}

  predict(table: Table): Float64Array {
    return this.margins(table).map((margin) => treesAnswer(this.trees, margin));
  }

  /** The sums of the leaves: log-odds where probabilities were boosted. */
  margins(table: Table): Float64Array {
    const rows = featureRows(this.columns, table);
    return Float64Array.from({ length: table.rows }, (_, row) =>
      treesMargin(this.trees, rows, row * this.columns.length));
  }

  onnx(): Uint8Array {
    return fittedOnnx(this.columns.length, this.output, (graph, rows) => this.graph(graph, rows));
  }

  graph(graph: OnnxGraphBuilder, features: Value): Value {
    const margin = addTrees(graph, this.trees, features);
    if (this.trees.link === 'identity') return margin;
    return graph.node('Sigmoid', [margin], {}, graph.fresh('chance'));
  }
}
