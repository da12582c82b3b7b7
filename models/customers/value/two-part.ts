import { TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import { linear, type FittedLinear } from '../../learn/linear/linear.ts';
import { takeExamples, type Table } from '../../learn/table.ts';
import { boostedTrees } from '../../learn/trees/boosting.ts';
import type { FittedTrees } from '../../learn/trees/fitted.ts';
import { OnnxGraphBuilder, type Value } from '../../recipes/onnx/graph.ts';
import type { Chance } from '../chance.ts';

const AMOUNT = [
  linear({ l2: 10, objective: 'squared' }),
  boostedTrees({
    leaves: 8, rate: 0.03, l2: 5, rowShare: 0.5, columnShare: 0.3, objective: 'squared',
    trees: 250, leafRows: 50,
  }),
] as const;

/**
 * What a customer will spend in a window: the chance to buy, times what buyers like this one spend.
 * Both are told by a regression and by trees (amounts by their logarithms), whose geometric mean it is.
 * `scale` sets the total right on what was learned from.
 */
export interface TwoPartValue {
  readonly chance: Chance;
  readonly amount: readonly [FittedLinear, FittedTrees];
  readonly scale: number;
}

/** `table` is what the chance was learned from. */
export function fitTwoPart(
  chance: Chance, table: Table, spent: Float64Array, seed: number,
): TwoPartValue {
  const buyers = Array.from(spent.keys()).filter((row) => (spent[row] as number) > 0);
  const amounts = takeExamples(
    { table, labels: spent.map((value) => Math.log(Math.max(1e-2, value))) }, buyers);
  const amount = AMOUNT.map((learner) => learner.fit(amounts, seed));
  const model = { chance, amount, scale: 1 } as unknown as TwoPartValue;
  const said = twoPartValues(model, table).reduce((sum, value) => sum + value, 0);
  const happened = spent.reduce((sum, value) => sum + value, 0);
  return { ...model, scale: happened / Math.max(1e-9, said) };
}

const LEAST = 1e-7; // of a chance

export function twoPartValues({ chance, amount, scale }: TwoPartValue, table: Table): Float64Array {
  const chances = chance.map((model) => model.predict(table));
  const amounts = amount.map((model) => model.predict(table));
  return Float64Array.from({ length: table.rows }, (_, row) => {
    let log = 0;
    for (const values of chances) log += 0.5 * Math.log(Math.max(LEAST, values[row] as number));
    for (const values of amounts) log += 0.5 * (values[row] as number);
    return scale * Math.exp(log);
  });
}

/** `features` FP32 [rows, features] to `value` FP32 [rows, 1], the shop's currency. */
export function twoPartOnnx(model: TwoPartValue): Uint8Array {
  const graph = new OnnxGraphBuilder('value');
  const features = graph.input('features', 'FP32', ['rows', TIMING_FEATURES.length]);
  const said = addTwoPart(graph, model, (part) => part.graph(graph, features));
  graph.output(graph.node('Identity', [said], {}, 'value'), 'FP32', ['rows', 1]);
  return graph.encode();
}

/** The value, FP32 [rows, 1], as part of a graph that may have some of what it is made of. */
export function addTwoPart(
  graph: OnnxGraphBuilder, { chance, amount, scale }: TwoPartValue,
  fitted: (model: FittedLinear | FittedTrees) => Value,
): Value {
  const number = (value: number): Value => graph.scalar(graph.fresh('number'), value);
  const least = number(LEAST);
  const logs: Value[] = [
    ...chance.map((model) => graph.node('Log', [
      graph.node('Max', [fitted(model), least], {}, graph.fresh('chance')),
    ], {}, graph.fresh('log'))),
    ...amount.map(fitted),
  ];
  const half = graph.node('Mul', [graph.node('Sum', logs), number(0.5)]);
  return graph.node('Mul', [graph.node('Exp', [half]), number(scale)]);
}
