import { TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import { linear, type FittedLinear } from '../../learn/linear/linear.ts';
import { takeExamples, type Table } from '../../learn/table.ts';
import { boostedTrees } from '../../learn/trees/boosting.ts';
import type { FittedTrees } from '../../learn/trees/fitted.ts';
import { OnnxGraphBuilder, type Value } from '../../recipes/onnx/graph.ts';

const TREES = { leaves: 8, rate: 0.03, l2: 5, rowShare: 0.5, columnShare: 0.3 } as const;
const LEARNERS = {
  chance: [linear({ l2: 10 }), boostedTrees({ ...TREES, trees: 250, leafRows: 100 })],
  amount: [
    linear({ l2: 10, objective: 'squared' }),
    boostedTrees({ ...TREES, objective: 'squared', trees: 250, leafRows: 50 }),
  ],
} as const;

/**
 * What a customer will spend in a window: the chance to buy, times what buyers like this one spend.
 * Both are told by a regression and by trees (amounts by their logarithms), whose geometric mean it is.
 * `scale` sets the total right on what was learned from.
 */
export interface TwoPartValue {
  readonly chance: readonly [FittedLinear, FittedTrees];
  readonly amount: readonly [FittedLinear, FittedTrees];
  readonly scale: number;
}

export function fitTwoPart(table: Table, spent: Float64Array, seed: number): TwoPartValue {
  const bought = { table, labels: spent.map((value) => (value > 0 ? 1 : 0)) };
  const buyers = Array.from(spent.keys()).filter((row) => (spent[row] as number) > 0);
  const amounts = takeExamples(
    { table, labels: spent.map((value) => Math.log(Math.max(1e-2, value))) }, buyers);
  const chance = LEARNERS.chance.map((learner) => learner.fit(bought, seed));
  const amount = LEARNERS.amount.map((learner) => learner.fit(amounts, seed));
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
export function twoPartOnnx({ chance, amount, scale }: TwoPartValue): Uint8Array {
  const graph = new OnnxGraphBuilder('value');
  const features = graph.input('features', 'FP32', ['rows', TIMING_FEATURES.length]);
  const least = graph.scalar('least', LEAST);
  const logs: Value[] = [
    ...chance.map((model) => graph.node('Log', [
      graph.node('Max', [model.graph(graph, features), least], {}, graph.fresh('chance')),
    ], {}, graph.fresh('log'))),
    ...amount.map((model) => model.graph(graph, features)),
  ];
  const half = graph.node('Mul', [graph.node('Sum', logs), graph.scalar('half', 0.5)]);
  const value = graph.node('Mul', [graph.node('Exp', [half]), graph.scalar('scale', scale)]);
  graph.output(graph.node('Identity', [value], {}, 'value'), 'FP32', ['rows', 1]);
  return graph.encode();
}
