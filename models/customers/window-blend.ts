import { BIN_ENDS } from '../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../server/customers/timing-inputs.ts';
import type { FittedLinear } from '../learn/linear/linear.ts';
import type { FittedTrees } from '../learn/trees/fitted.ts';
import { OnnxGraphBuilder, type Value } from '../recipes/onnx/graph.ts';
import { fitChance } from './chance.ts';
import { foldedMembers } from './hazard/folded.ts';
import { addHazard } from './hazard/hazard-onnx.ts';
import type { HazardSamples } from './hazard/samples.ts';
import { buyChances, hazardsOf, type HazardModel } from './hazard/train.ts';
import { featureTable, windowSamples } from './horizon.ts';
import { meanOdds } from './mean-odds.ts';
import type { PurchaseLog } from './purchases.ts';

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
  const [line, trees] = fitChance(log, windowSamples(log, knownTo, days), days, seed);
  return { days, network, line, trees };
}

/** Ways to tell, by the parts of the blend that they use. */
export const WINDOW_WAYS = {
  line: ['line'], trees: ['trees'], network: ['network'], blend: ['line', 'trees', 'network'],
} as const;
export type WindowWay = keyof typeof WINDOW_WAYS;

/** As scores and cards call them. */
export const WAY_NAMES: Readonly<Record<WindowWay, string>> = {
  line: 'logistic regression', trees: 'boosted trees', network: 'hazard network',
  blend: 'mean of the last three',
};

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
  const said = addWindow(graph, blend, way, answer, {
    hazard: () => addHazard(graph, foldedMembers(blend.network), history, features),
    fitted: (model) => model.graph(graph, features),
  });
  graph.output(graph.node('Identity', [said], {}, 'probability'), 'FP32', ['rows', 1]);
  return graph.encode();
}

/** What a window is told by, in a graph that may have it already, for another part. */
export interface WindowParts {
  hazard(): Value; // FP32 [rows, bins], of the blend's network
  fitted(model: FittedLinear | FittedTrees): Value; // its answer, FP32 [rows, 1]
}

/** The window's probability, FP32 [rows, 1], as part of a graph. */
export function addWindow(
  graph: OnnxGraphBuilder, blend: WindowBlend, way: WindowWay, answer: 'purchase' | 'silence',
  { hazard, fitted }: WindowParts,
): Value {
  const one = graph.scalar(graph.fresh('one'), 1);
  const least = graph.scalar(graph.fresh('least'), 1e-7);
  const most = graph.scalar(graph.fresh('most'), 1 - 1e-7);
  const odds = (chance: Value): Value => {
    const p = graph.node('Clip', [chance, least, most], {}, graph.fresh('sure'));
    const rest = graph.node('Sub', [one, p], {}, graph.fresh('rest'));
    return graph.node(
      'Log', [graph.node('Div', [p, rest], {}, graph.fresh('ratio'))], {}, graph.fresh('odds'));
  };
  const silent = (): Value => {
    const bins = BIN_ENDS.filter((end) => end <= blend.days).length;
    const within = graph.node('Slice', [
      hazard(), graph.integers('from', 0), graph.integers('to', bins), graph.integers('axis', 1)]);
    return graph.node('ReduceProd', [graph.node('Sub', [one, within])], { axes: { ints: [1] } });
  };
  const chance = {
    line: () => fitted(blend.line),
    trees: () => fitted(blend.trees),
    network: () => graph.node('Sub', [one, silent()]),
  };
  const mean = graph.node('Mean', WINDOW_WAYS[way].map((part) => odds(chance[part]())));
  const sign = answer === 'purchase' ? mean : graph.node('Neg', [mean]);
  return graph.node('Sigmoid', [sign]);
}
