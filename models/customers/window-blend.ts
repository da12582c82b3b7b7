import { BIN_ENDS } from '../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../server/customers/timing-inputs.ts';
import type { FittedLinear } from '../learn/linear/linear.ts';
import { linear } from '../learn/linear/linear.ts';
import type { FittedTrees } from '../learn/trees/fitted.ts';
import { boostedTrees } from '../learn/trees/boosting.ts';
import { OnnxGraphBuilder, type Value } from '../recipes/onnx/graph.ts';
import { foldedMembers } from './hazard/folded.ts';
import { addHazard } from './hazard/hazard-onnx.ts';
import type { HazardSamples } from './hazard/samples.ts';
import { buyChances, hazardsOf, type HazardModel } from './hazard/train.ts';
import { featureTable, windowExamples, windowSamples } from './horizon.ts';
import { meanOdds } from './mean-odds.ts';
import type { PurchaseLog } from './purchases.ts';

/** Settings of the two learners, chosen on earlier landmarks of both public logs. */
const LINEAR = linear({ l2: 10 });
const TREES = boostedTrees({
  trees: 250, leaves: 8, rate: 0.03, leafRows: 100, l2: 5, rowShare: 0.5, columnShare: 0.3,
});

/**
 * Whether a customer buys within one window: the mean log odds of a logistic regression and boosted
 * trees on the features, and of the hazard network.
 */
export interface WindowBlend {
  readonly days: number;
  readonly line: FittedLinear;
  readonly trees: FittedTrees;
  readonly network: HazardModel;
}

/** Learns from windows that had ended by `knownTo`; the network is one that knows no more either. */
export function fitWindow(
  log: PurchaseLog, knownTo: number, days: number, network: HazardModel, seed: number,
): WindowBlend {
  const examples = windowExamples(log, windowSamples(log, knownTo, days), days);
  return {
    days, network, line: LINEAR.fit(examples, seed) as FittedLinear,
    trees: TREES.fit(examples, seed) as FittedTrees,
  };
}

/** Ways to tell, by the parts of the blend that they use. */
export const WINDOW_WAYS = {
  line: ['line'], trees: ['trees'], network: ['network'], blend: ['line', 'trees', 'network'],
} as const;
export type WindowWay = keyof typeof WINDOW_WAYS;

/** The chance to buy, by each and by all. */
export function windowChances(
  { days, line, trees, network }: WindowBlend, samples: HazardSamples,
): Record<WindowWay, Float64Array> {
  const table = featureTable(samples);
  const each = [
    line.predict(table), trees.predict(table), buyChances(hazardsOf(network, samples), days),
  ] as const;
  return { line: each[0], trees: each[1], network: each[2], blend: meanOdds(each) };
}

/**
 * `features` and, where the network has a say, `history`, both as the timing model takes them, to
 * `probability` FP32 [rows, 1]: of a purchase within the window, or of `silence` for all of it.
 */
export function windowOnnx(
  blend: WindowBlend, way: WindowWay, answer: 'purchase' | 'silence',
): Uint8Array {
  const graph = new OnnxGraphBuilder('window');
  const reads: readonly string[] = WINDOW_WAYS[way];
  const history = !reads.includes('network') ? '' : graph.input(
    'history', 'FP32', ['rows', HISTORY_LENGTH, HISTORY_CHANNELS.length]);
  const features = graph.input('features', 'FP32', ['rows', TIMING_FEATURES.length]);
  const one = graph.scalar('one', 1);
  const least = graph.scalar('least', 1e-7);
  const most = graph.scalar('most', 1 - 1e-7);
  const odds = (chance: Value): Value => {
    const p = graph.node('Clip', [chance, least, most], {}, graph.fresh('sure'));
    const rest = graph.node('Sub', [one, p], {}, graph.fresh('rest'));
    return graph.node(
      'Log', [graph.node('Div', [p, rest], {}, graph.fresh('ratio'))], {}, graph.fresh('odds'));
  };
  const silent = (): Value => {
    const bins = BIN_ENDS.filter((end) => end <= blend.days).length;
    const hazard = addHazard(graph, foldedMembers(blend.network), history, features);
    const within = graph.node('Slice', [
      hazard, graph.integers('from', 0), graph.integers('to', bins), graph.integers('axis', 1)]);
    return graph.node('ReduceProd', [graph.node('Sub', [one, within])], { axes: { ints: [1] } });
  };
  const chance = {
    line: () => blend.line.graph(graph, features),
    trees: () => blend.trees.graph(graph, features),
    network: () => graph.node('Sub', [one, silent()]),
  };
  const mean = graph.node('Mean', WINDOW_WAYS[way].map((part) => odds(chance[part]())));
  const sign = answer === 'purchase' ? mean : graph.node('Neg', [mean]);
  graph.output(graph.node('Sigmoid', [sign], {}, 'probability'), 'FP32', ['rows', 1]);
  return graph.encode();
}
