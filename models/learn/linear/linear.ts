import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import { fittedOnnx } from '../fitted-onnx.ts';
import type { Fitted, Learner } from '../learner.ts';
import type { Objective } from '../objective.ts';
import { featureRows, learnedColumns } from '../rows.ts';
import { TrainingError } from '../training-error.ts';
import { weightsOf, type Examples, type Table } from '../table.ts';
import { encode, encodedNames, fitEncoding, type Encoding } from './encoding.ts';
import { newton } from './newton.ts';
import { addLinear } from './onnx.ts';
import type { Transform } from './transform.ts';

export interface LinearSettings {
  /** `logistic` learns probabilities from labels 0 and 1, `squared` any values. */
  readonly objective?: Objective;
  readonly l2?: number; // 1: of the coefficients' squares, against the sum of the rows' losses
  readonly transform?: Transform; // none: of every number, before it is standardised
}

const WIDTH_MAX = 2000; // encoded columns: Newton's steps cost the square of it a row

/** Logistic or linear regression with an L2 penalty, by Newton's method. No chance is in it. */
export function linear(settings: LinearSettings = {}): Learner<FittedLinear> {
  const { objective = 'logistic', l2 = 1, transform = 'none' } = settings;
  const kind = objective === 'logistic' ? 'logistic regression' : 'linear regression';
  return {
    name: `${kind}, L2 ${l2}${transform === 'none' ? '' : `, ${transform} numbers`}`,
    fit: (examples) => fit(examples, objective, l2, transform),
  };
}

function fit(
  examples: Examples, objective: Objective, l2: number, transform: Transform,
): FittedLinear {
  const { table, labels } = examples;
  const rows = featureRows(learnedColumns(table), table);
  const encoding = fitEncoding(table, rows, transform);
  const width = encoding.width + 1;
  if (width > WIDTH_MAX) {
    throw new TrainingError(`a linear model of ${width} coefficients; ${WIDTH_MAX} at most`);
  }
  const design = { width, rows: encode(encoding, rows), labels, weights: weightsOf(examples) };
  return new FittedLinear(encoding, newton(design, objective, l2), objective);
}

/** What a linear learner learned. */
export class FittedLinear implements Fitted {
  constructor(
    private readonly encoding: Encoding,
    private readonly weights: Float64Array, // by place in an encoded row, the intercept last
    private readonly objective: Objective,
  ) {}

  predict(table: Table): Float64Array {
    const margins = this.margins(table);
    return this.objective === 'squared' ? margins : margins.map((z) => 1 / (1 + Math.exp(-z)));
  }

  /** Log-odds where probabilities were learned. */
  margins(table: Table): Float64Array {
    const rows = encode(this.encoding, featureRows(this.encoding.columns, table));
    const width = this.weights.length;
    return Float64Array.from({ length: table.rows }, (_, row) => {
      let sum = 0;
      for (let i = 0; i < width; i += 1) {
        sum += (rows[row * width + i] as number) * (this.weights[i] as number);
      }
      return sum;
    });
  }

  /** By what each is about: of numbers, a standard deviation's worth. */
  coefficients(): Record<string, number> {
    const names = [...encodedNames(this.encoding), '(intercept)'];
    return Object.fromEntries(names.map((name, at) => [name, this.weights[at] as number]));
  }

  onnx(): Uint8Array {
    const output = this.objective === 'squared' ? 'value' : 'probability';
    const width = this.encoding.columns.length;
    return fittedOnnx(width, output, (graph, features) => this.graph(graph, features));
  }

  graph(graph: OnnxGraphBuilder, features: Value): Value {
    const margin = addLinear(graph, this.encoding, this.weights, features);
    if (this.objective === 'squared') return margin;
    return graph.node('Sigmoid', [margin], {}, graph.fresh('chance'));
  }
}
