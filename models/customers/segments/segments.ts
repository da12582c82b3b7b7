import { TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import { OnnxGraphBuilder, type Value } from '../../recipes/onnx/graph.ts';
import type { HazardSamples } from '../hazard/samples.ts';
import {
  chooseScore, findSegments, type KScore, scoreNumbers, SEGMENT_WAYS, type SegmentWay,
} from './choose-k.ts';
import { nearest, type Points, type Weighed } from './kmeans.ts';
import { segmentNames, type SegmentName } from './names.ts';

/** What customers are alike in: recency, frequency and money, and how regular and lasting they are. */
export const SEGMENT_FEATURES = [
  'recency', 'purchases', 'amount_mean', 'units_mean', 'gap_mean', 'gap_deviation', 'spread',
  'purchases_90',
] as const;

export interface Segments {
  readonly mean: Float64Array; // of each feature, and its deviation
  readonly deviation: Float64Array;
  readonly k: number;
  readonly way: SegmentWay;
  readonly centres: Float64Array; // [k, features], standardised
  readonly weighed?: Weighed; // of a mixture
  readonly chosen: KScore;
  readonly names: readonly SegmentName[];
  readonly scores: readonly KScore[]; // of the numbers that were tried
  readonly inertia: number;
  readonly shares: readonly number[];
}

const K_MAX = 7;
const OUTLIER = 4; // deviations: one wholesaler is no segment

/** Learns the segments of customers at one landmark: of the ways and numbers, those of the best score. */
export function fitSegments(
  samples: HazardSamples, seed: number, ways: readonly SegmentWay[] = SEGMENT_WAYS,
): Segments {
  const raw = columns(samples);
  const mean = new Float64Array(raw.width);
  const square = new Float64Array(raw.width);
  raw.values.forEach((x, i) => { mean[i % raw.width]! += x / raw.rows; });
  raw.values.forEach((x, i) => { square[i % raw.width]! += (x - mean[i % raw.width]!) ** 2 / raw.rows; });
  const deviation = square.map((v) => (v > 1e-8 ? Math.sqrt(v) : 1));
  const points = standard(raw, mean, deviation);
  const scores = ways.flatMap((way) => scoreNumbers(points, 2, K_MAX, seed, way));
  const chosen = chooseScore(scores);
  const { k, way } = chosen;
  const { centres, weighed } = findSegments(way, points, k, seed, 6);
  const { labels, inertia } = nearest(points, k, centres, weighed);
  const names = segmentNames(raw, labels, k);
  return {
    mean, deviation, k, way, centres, names, scores, chosen, inertia, shares: sharesOf(labels, k),
    ...(weighed && { weighed }),
  };
}

/** Each sample's segment. */
export function segmentsOf(segments: Segments, samples: HazardSamples): Uint8Array {
  const points = standard(columns(samples), segments.mean, segments.deviation);
  return nearest(points, segments.k, segments.centres, segments.weighed).labels;
}

export function sharesOf(labels: Uint8Array, k: number): number[] {
  const counts = new Array<number>(k).fill(0);
  for (const label of labels) counts[label]! += 1;
  return counts.map((count) => count / labels.length);
}

/** Population stability index of segment sizes: .1 is a change, .25 is a large one. */
export function sizeDrift(before: readonly number[], now: readonly number[]): number {
  return now.reduce((sum, share, i) => {
    const [a, b] = [Math.max(1e-4, before[i]!), Math.max(1e-4, share)];
    return sum + (b - a) * Math.log(b / a);
  }, 0);
}

function columns({ rows, features }: HazardSamples): Points {
  const at = SEGMENT_FEATURES.map((name) => TIMING_FEATURES.indexOf(name));
  const width = at.length;
  const values = Float64Array.from({ length: rows * width }, (_, i) =>
    features[Math.floor(i / width) * TIMING_FEATURES.length + at[i % width]!] as number);
  return { rows, width, values };
}

function standard({ rows, width, values }: Points, mean: Float64Array, deviation: Float64Array): Points {
  return {
    rows, width, values: values.map((x, i) => Math.max(-OUTLIER, Math.min(
      OUTLIER, (x - mean[i % width]!) / deviation[i % width]!))),
  };
}

/**
 * `features` as the timing model takes them, to `segment` INT32 [rows, 1] and `distance` FP32
 * [rows, k] to each centre: squared, or of a mixture -2 times the log-density, but for a constant.
 */
export function segmentsOnnx(segments: Segments): Uint8Array {
  const graph = new OnnxGraphBuilder('segments');
  const features = graph.input('features', 'FP32', ['rows', TIMING_FEATURES.length]);
  const { segment, distance } = addSegments(graph, segments, features);
  graph.output(graph.node('Identity', [segment], {}, 'segment'), 'INT32', ['rows', 1]);
  graph.output(graph.node('Identity', [distance], {}, 'distance'), 'FP32', ['rows', segments.k]);
  return graph.encode();
}

/** Both as parts of a graph. */
export function addSegments(
  graph: OnnxGraphBuilder, { mean, deviation, k, centres, weighed }: Segments, features: Value,
): { readonly segment: Value; readonly distance: Value } {
  const width = SEGMENT_FEATURES.length;
  const at = graph.integers('columns', ...SEGMENT_FEATURES.map((n) => TIMING_FEATURES.indexOf(n)));
  const picked = graph.node('Gather', [features, at], { axis: { int: 1 } });
  const centred = graph.node(
    'Sub', [picked, graph.constant('mean', [width], Float32Array.from(mean))]);
  const scaled = graph.node(
    'Div', [centred, graph.constant('deviation', [width], Float32Array.from(deviation))]);
  const x = graph.node('Clip', [
    scaled, graph.scalar('outlier_low', -OUTLIER), graph.scalar('outlier_high', OUTLIER)]);
  const apart = graph.node('Sub', [
    graph.node('Unsqueeze', [x, graph.integers('centre_axis', 1)]),
    graph.constant('centres', [1, k, width], Float32Array.from(centres)),
  ]);
  const squares = graph.node('Mul', [apart, apart]);
  const sumOf = (values: Value): Value => graph.node(
    'ReduceSum', [values, graph.integers('feature_axis', 2)], { keepdims: { int: 0 } });
  const distance = !weighed ? sumOf(squares) : graph.node('Add', [
    sumOf(graph.node('Mul', [
      squares, graph.constant('precisions', [1, k, width], Float32Array.from(weighed.precisions))])),
    graph.constant('offsets', [1, k], Float32Array.from(weighed.offsets)),
  ]);
  const least = graph.node('ArgMin', [distance], { axis: { int: 1 }, keepdims: { int: 1 } });
  return { segment: graph.node('Cast', [least], { to: { int: 6 } }), distance };
}
