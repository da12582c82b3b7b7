import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../server/customers/timing-inputs.ts';
import { OnnxGraphBuilder, type Value } from '../recipes/onnx/graph.ts';
import { foldedMembers } from './hazard/folded.ts';
import { addHazard } from './hazard/hazard-onnx.ts';
import type { Learned } from './models.ts';
import { addSegments } from './segments/segments.ts';
import { addValue } from './value/network.ts';
import { addTwoPart } from './value/two-part.ts';
import { addWindow } from './window-blend.ts';

/** What the graph of all parts may answer: its outputs, as the server knows them. */
export const TOGETHER = ['hazard', 'silence', 'value', 'segment'] as const;
export type Together = (typeof TOGETHER)[number];

/**
 * The models of customers as one graph, for who asks them all: `history` and `features` to those
 * `outputs`. What two of them are told by (the recurrent network, the chance to buy) runs once; the
 * answers are those of the single files.
 */
export function customersOnnx(
  { network, silence, churnWay, value, valueWay, segments }: TogetherParts, outputs: readonly Together[],
): Uint8Array {
  const graph = new OnnxGraphBuilder('customers');
  const history = graph.input('history', 'FP32', ['rows', HISTORY_LENGTH, HISTORY_CHANNELS.length]);
  const features = graph.input('features', 'FP32', ['rows', TIMING_FEATURES.length]);
  const made = new Map<object, Value>();
  const once = (part: object, make: () => Value): Value => {
    const value = made.get(part) ?? make();
    made.set(part, value);
    return value;
  };
  const hazard = (): Value =>
    once(network, () => addHazard(graph, foldedMembers(network), history, features));
  const fitted = (model: { graph(graph: OnnxGraphBuilder, features: Value): Value }): Value =>
    once(model, () => model.graph(graph, features));
  const values: Record<Together, () => Value> = {
    hazard,
    silence: () => addWindow(graph, silence, churnWay, 'silence', { hazard, fitted }),
    value: () => valueWay === 'network'
      ? addValue(graph, value.network, features)
      : addTwoPart(graph, value.twoPart, fitted),
    segment: () => addSegments(graph, segments, features).segment,
  };
  for (const name of outputs) {
    const width = name === 'hazard' ? network.members[0]!.shape.bins : 1;
    graph.output(graph.node('Identity', [values[name]()], {}, name),
      name === 'segment' ? 'INT32' : 'FP32', ['rows', width]);
  }
  return graph.encode();
}

/** The network is that of `silence` too. */
export type TogetherParts =
  Pick<Learned, 'network' | 'silence' | 'churnWay' | 'value' | 'valueWay' | 'segments'>;
