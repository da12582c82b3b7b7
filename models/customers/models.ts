import { BIN_ENDS } from '../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../server/customers/timing-inputs.ts';
import type { ModelCard, NewModel, WrittenConfig } from '../recipes/model-folder.ts';
import { foldedMembers } from './hazard/folded.ts';
import { hazardOnnx } from './hazard/hazard-onnx.ts';
import { hazardTfjs } from './hazard/hazard-tfjs.ts';
import type { HazardModel } from './hazard/train.ts';
import { segmentsOnnx, type Segments } from './segments/segments.ts';
import type { DateScore, TimingScore } from './timing-scores.ts';
import { customersOnnx, TOGETHER, type Together } from './together.ts';
import { valueOnnx } from './value/network.ts';
import { VALUE_WAYS, type ValueModels, type ValueScore, type ValueWay } from './value/scores.ts';
import { twoPartOnnx } from './value/two-part.ts';
import type { Verdict } from './verdicts.ts';
import { WAY_NAMES, windowOnnx, type WindowBlend, type WindowWay } from './window-blend.ts';

/** All that was learned from a log, and how it scored. */
export interface Learned {
  readonly network: HazardModel;
  readonly buy: WindowBlend;
  readonly silence: WindowBlend;
  readonly churnWay: WindowWay;
  readonly value: ValueModels;
  readonly valueWay: ValueWay;
  readonly segments: Segments;
  readonly buyScores: readonly TimingScore[];
  readonly churnScores: readonly TimingScore[];
  readonly valueScores: readonly ValueScore[];
  readonly verdicts: Readonly<Record<'timing' | 'buy-30' | 'churn' | 'ltv' | 'segments', Verdict>>;
  readonly dates: DateScore;
  readonly weekAuc: number; // of the network, who buys within 7 days
  readonly reference: Float32Array; // rows that the server compares with: `referenceRows`
  readonly drift: number;
  readonly seed: number;
  readonly trainedOn: string;
  readonly madeAt: string;
  readonly trainSeconds: number;
  readonly days: { readonly timing: string; readonly churn: string; readonly last: string };
  readonly data: Readonly<Record<string, number | string>>;
}

const ROWS_MAX = 256; // in one run
const TOGETHER_ROWS_MAX = 32;
const FEATURES = { name: 'features', data_type: 'TYPE_FP32', dims: [TIMING_FEATURES.length] } as const;
const HISTORY = {
  name: 'history', data_type: 'TYPE_FP32', dims: [HISTORY_LENGTH, HISTORY_CHANNELS.length],
} as const;
/** A model with what speaks against serving it: none where it is promoted. */
export interface JudgedModel {
  readonly model: NewModel;
  readonly reasons: readonly string[];
}

/** Each file with its card, whose `features` are the input's, in order, and with its verdict. */
export function customerModels(learned: Learned): JudgedModel[] {
  const verdictOf = ({ name }: NewModel): Verdict =>
    learned.verdicts[(name === 'timing-tfjs' ? 'timing' : name) as keyof Learned['verdicts']];
  const judged = singleModels(learned).map((model): JudgedModel => {
    const { notes, reasons } = verdictOf(model);
    return { model: { ...model, card: { ...model.card, notes } }, reasons };
  });
  const together = allTogether(learned, judged);
  return together ? [...judged, { model: together, reasons: [] }] : judged;
}

/** Those that are promoted as one model: what `insight` and `score` ask. Null where none is. */
function allTogether(learned: Learned, judged: readonly JudgedModel[]): NewModel | null {
  const parts = judged.flatMap(({ model, reasons }) => {
    const output = OUTPUTS[model.name];
    return output && reasons.length === 0 ? [{ output, card: model.card }] : [];
  });
  if (parts.length === 0) return null;
  const outputs = TOGETHER.filter((name) => parts.some(({ output }) => output === name));
  const scores = parts.flatMap(({ output, card: { scores } }) =>
    Object.entries(scores).map(([key, value]) => [`${output}_${key}`, value] as const));
  const baselines: Record<string, Record<string, number>> = {};
  for (const { output, card } of parts) {
    for (const [name, numbers] of Object.entries(card.baselines)) {
      for (const [key, value] of Object.entries(numbers)) {
        (baselines[name] ??= {})[`${output}_${key}`] = value;
      }
    }
  }
  return {
    name: 'customers',
    config: {
      ...config('onnxruntime_onnx', [HISTORY, FEATURES], outputs.map((name) => ({
        name, data_type: name === 'segment' ? 'TYPE_INT32' : 'TYPE_FP32',
        dims: [name === 'hazard' ? BIN_ENDS.length : 1],
      }))),
      // Small runs, in the thread that has the sockets: a request of one customer costs less than
      // the hop to a worker and back.
      max_batch_size: TOGETHER_ROWS_MAX, parameters: { placement: 'inline' },
    },
    card: {
      ...card(learned, 'customers', `What customers do next, ${outputs.join(', ')}, as one graph of ` +
        `${parts.map(({ card: { name } }) => name).join(', ')}, which answer the same one by one.`),
      data: {
        ...Object.assign({}, ...parts.map(({ card: { data } }) => data)) as ModelCard['data'],
        learnedTo: learned.days.last,
      },
      split: [...new Set(parts.map(({ card: { split } }) => split))].join('; '),
      scores: { ...Object.fromEntries(scores), within_7_auc: learned.weekAuc },
      baselines,
      notes: parts.flatMap(({ card: { name, notes = [] } }) => notes.map((note) => `${name}: ${note}`)),
    },
    files: {
      'model.onnx': customersOnnx(learned, outputs),
      'reference.f32': new Uint8Array(learned.reference.buffer),
    },
  };
}

/** Outputs of all parts together, by the single models that answer the same. */
const OUTPUTS: Readonly<Record<string, Together>> = {
  timing: 'hazard', churn: 'silence', ltv: 'value', segments: 'segment',
};

function singleModels(learned: Learned): NewModel[] {
  const { buyScores, churnScores, churnWay, segments, value, valueWay, days } = learned;
  const members = foldedMembers(learned.network);
  const inputs = {
    history: `the newest ${HISTORY_LENGTH} purchase days, oldest first, zeros in front: ` +
      HISTORY_CHANNELS.join(', '),
    builtBy: 'server/customers/timing-inputs.ts',
  };
  const timing = (name: string): ModelCard => ({
    ...card(learned, name, 'Hazards of the next purchase, by bins of days: P(buy within 1, 7, 30, ' +
      '90 days), the expected date and its interval follow from them (server/customers/survival.ts).'),
    data: { ...learned.data, ...inputs, binEndsDays: BIN_ENDS.join(',') },
    split: scoredAt(days.timing, days.last),
    scores: {
      ...numbersOf(named(buyScores, WAY_NAMES.network)),
      intervalCoverage80: learned.dates.coverage, dateOffDays: learned.dates.maeDays,
    },
    baselines: others(buyScores, WAY_NAMES.network),
  });
  const hazard = [{ name: 'hazard', data_type: 'TYPE_FP32', dims: [BIN_ENDS.length] }] as const;
  const probability = [{ name: 'probability', data_type: 'TYPE_FP32', dims: [1] }] as const;
  return [
    {
      name: 'timing',
      config: config('onnxruntime_onnx', [HISTORY, FEATURES], hazard),
      card: timing('timing'),
      files: { 'model.onnx': hazardOnnx(members) },
    },
    {
      name: 'timing-tfjs',
      config: config('tensorflow_tfjs', [HISTORY, FEATURES], hazard),
      card: timing('timing-tfjs'),
      files: { ...hazardTfjs(members) },
      versionOf: 'timing',
    },
    {
      name: 'buy-30',
      config: config('onnxruntime_onnx', [HISTORY, FEATURES], probability),
      card: {
        ...card(learned, 'buy-30', 'Probability of a purchase within 30 days: the mean log odds of ' +
          'the hazard network, a logistic regression and boosted trees.'),
        data: { ...learned.data, ...inputs },
        split: scoredAt(days.timing, days.last),
        scores: numbersOf(named(buyScores, WAY_NAMES.blend)),
        baselines: others(buyScores, WAY_NAMES.blend),
      },
      files: { 'model.onnx': windowOnnx(learned.buy, 'blend', 'purchase') },
    },
    {
      name: 'churn',
      config: config('onnxruntime_onnx', churnInputs(churnWay), probability),
      card: {
        ...card(learned, 'churn', `Probability of no purchase within 90 days, by ${WAY_NAMES[churnWay]}` +
          ' (the way that ranked best one window earlier).'),
        data: { ...learned.data, ...inputs },
        split: scoredAt(days.churn, days.last),
        scores: numbersOf(named(churnScores, WAY_NAMES[churnWay])),
        baselines: others(churnScores, WAY_NAMES[churnWay]),
      },
      files: { 'model.onnx': windowOnnx(learned.silence, churnWay, 'silence') },
    },
    {
      name: 'ltv',
      config: config('onnxruntime_onnx', [FEATURES], [
        { name: 'value', data_type: 'TYPE_FP32', dims: [1] }]),
      card: {
        ...card(learned, 'ltv', "What a customer is expected to spend in 90 days, the shop's " +
          `currency, by ${VALUE_WAYS[valueWay]} (the way that ranked best one window earlier).`),
        split: scoredAt(days.churn, days.last),
        scores: valueNumbers(
          learned.valueScores.find(({ name }) => name === VALUE_WAYS[valueWay])!),
        baselines: Object.fromEntries(learned.valueScores
          .filter(({ name }) => name !== VALUE_WAYS[valueWay])
          .map((score) => [score.name, valueNumbers(score)])),
      },
      files: {
        'model.onnx':
          valueWay === 'network' ? valueOnnx(value.network) : twoPartOnnx(value.twoPart),
      },
    },
    {
      name: 'segments',
      config: config('onnxruntime_onnx', [FEATURES], [
        { name: 'segment', data_type: 'TYPE_INT32', dims: [1] },
        { name: 'distance', data_type: 'TYPE_FP32', dims: [segments.k] }]),
      card: {
        ...card(learned, 'segments', 'Which of the shop\'s segments a customer is in, by ' +
          `${segments.way} over recency, frequency, money and regularity.`),
        data: {
          ...learned.data, k: segments.k,
          ...Object.fromEntries(segments.names.flatMap(({ en, zh }, i) => [
            [`segment_${i}`, en], [`segment_${i}_zh`, zh], [`share_${i}`, segments.shares[i]!]])),
        },
        split: `learned from all customers on ${days.last}`,
        scores: {
          inertia: segments.inertia, driftPsi: learned.drift,
          stability: segments.chosen.stability, silhouette: segments.chosen.silhouette,
        },
        baselines: Object.fromEntries(segments.scores.map(({ way, k, stability, silhouette }) =>
          [`${way}, k ${k}`, { stability, silhouette }])),
      },
      files: { 'model.onnx': segmentsOnnx(segments) },
    },
  ];
}

function card(
  { seed, trainedOn, madeAt, trainSeconds, data }: Learned, name: string, what: string,
): Pick<ModelCard, 'name' | 'what' | 'trainedOn' | 'madeAt' | 'seed' | 'trainSeconds' | 'data' |
  'held_out_share' | 'features'> {
  return {
    name, what, trainedOn, madeAt, seed, trainSeconds, data, held_out_share: 0,
    features: TIMING_FEATURES,
  };
}

function scoredAt(day: string, last: string): string {
  return `scores: learned from what was known at the end of ${day}, told of the days after; the ` +
    `file here was then learned in the same way from everything up to ${last}`;
}

/** What the chosen way does not read is no input of its graph. */
function churnInputs(way: WindowWay): readonly WrittenConfig['input'][number][] {
  return way === 'line' || way === 'trees' ? [FEATURES] : [HISTORY, FEATURES];
}

function config(
  platform: WrittenConfig['platform'], input: WrittenConfig['input'],
  output: WrittenConfig['output'],
): WrittenConfig {
  return {
    platform, max_batch_size: ROWS_MAX, input, output,
    ...(platform === 'tensorflow_tfjs' ? { parameters: { backend: 'wasm' } } : {}),
  };
}

function named(scores: readonly TimingScore[], name: string): TimingScore {
  return scores.find((score) => score.name === name)!;
}

function numbersOf(score: TimingScore): Record<string, number> {
  const { name, ...numbers } = score;
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => Number.isFinite(value)));
}

function others(
  scores: readonly TimingScore[], name: string,
): Record<string, Record<string, number>> {
  return Object.fromEntries(scores.filter((score) => score.name !== name)
    .map((score) => [score.name, numbersOf(score)]));
}

function valueNumbers({ gini, totalError, mae }: ValueScore): Record<string, number> {
  return { gini, totalError, mae };
}
