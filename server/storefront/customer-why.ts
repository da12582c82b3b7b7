import { ServeError } from '../core/errors.ts';
import type { Inference, InferResult } from '../core/inference.ts';
import { float32View, type Tensor } from '../core/tensor.ts';
import { type Facts, FACTS, factsOf, factValues, mixed } from '../customers/facts.ts';
import { purchasesOfHistory } from '../customers/from-history.ts';
import { FEATURES_WIDTH, HISTORY_WIDTH, landmarkOf } from '../customers/known-customer.ts';
import { WINDOW_DAYS } from '../customers/said.ts';
import { BIN_ENDS, buyWithin, survivalOf } from '../customers/survival.ts';
import { writeTimingInputs } from '../customers/timing-inputs.ts';
import { type AnswerWords, sentence, type Scale, topReasons } from '../explain/sentence.ts';
import { shapleyValues } from '../explain/shapley.ts';
import type { History } from '../features/history.ts';
import type { Language, WhyReply } from '../wire/schema.ts';
import type { CustomerPart } from './customer-models.ts';

export type ExplainedPart = Exclude<CustomerPart, 'segment'>; // who is near which centre has no sum
export const EXPLAINED_PARTS: readonly ExplainedPart[] = ['timing', 'churn', 'value'];

const SETS = 2 ** FACTS.length; // 32: as many rows as the recipe's models take at once
const OTHERS = 3; // customers to compare with: a run each
const OTHERS_OF = 500; // customers that those are chosen from

/** What a model says of every mix of a customer's facts and another's: for each other, `SETS` rows. */
export interface Mixes {
  readonly mine: Facts;
  readonly results: readonly InferResult[];
}

/** The customers that others are compared with: at even ranks of how long ago they bought. */
export function usualCustomers(
  customers: Iterable<readonly [string, History]>, nowMs: number, shopZone: string,
): Facts[] {
  const known: Facts[] = [];
  for (const [id, history] of customers) {
    if (known.length === OTHERS_OF) break;
    const purchases = purchasesOfHistory(id, history);
    if (purchases) known.push(factsOf(purchases, landmarkOf(purchases, history, nowMs, shopZone)));
  }
  known.sort((a, b) => a.recency - b.recency || a.count - b.count);
  const count = Math.min(OTHERS, known.length);
  return Array.from({ length: count }, (_, i) =>
    known[Math.floor(((i + 0.5) * known.length) / count)] as Facts);
}

/**
 * Asks a model of the customers who have some of these facts and the rest of another's, as requests do:
 * through its queue, a run for each other. Rejects with what `Inference` does.
 */
export async function askMixes(
  mine: Facts, others: readonly Facts[], landmark: number,
  inputs: (features: Float32Array, steps: Float32Array, rows: number) => Tensor[],
  ask: (inputs: Tensor[]) => ReturnType<Inference['infer']>,
): Promise<Mixes> {
  const results = await Promise.all(others.map((other) => {
    const features = new Float32Array(SETS * FEATURES_WIDTH);
    const steps = new Float32Array(SETS * HISTORY_WIDTH);
    for (let set = 0; set < SETS; set += 1) {
      writeTimingInputs(mixed(mine, other, set, landmark), landmark,
        features, set * FEATURES_WIDTH, steps, set * HISTORY_WIDTH);
    }
    return ask(inputs(features, steps, SETS));
  }));
  return { mine, results };
}

/**
 * What each fact adds to the answer: its Shapley value, exact, of the mean over the others. They and
 * `base`, what is said of the others, add up to what is said of the customer.
 */
export function whyOf(
  part: ExplainedPart, { mine, results }: Mixes, output: string,
  { days, top, language }: { readonly days: number; readonly top: number; readonly language: Language },
): WhyReply {
  const worth = new Float64Array(SETS);
  for (const result of results) {
    const said = saidOf(part, result, output, days);
    for (let set = 0; set < SETS; set += 1) worth[set]! += (said[set] as number) / results.length;
  }
  const scale: Scale = part === 'value' ? 'value' : 'probability';
  const told = {
    answer: ANSWERS[part](days), scale, base: worth[0] as number, value: worth[SETS - 1] as number,
  };
  const reasons = topReasons(FACTS, factValues(mine), shapleyValues(FACTS.length, worth), top, told, language);
  return { method: 'shapley', scale, base: told.base, reasons, text: sentence(told, reasons, language) };
}

/** The horizon whose chance is explained: 30 days where it is wanted, else the longest. */
export function explainedDays(part: ExplainedPart, horizons: readonly number[]): number {
  if (part !== 'timing') return WINDOW_DAYS;
  return horizons.includes(30) ? 30 : Math.max(...horizons);
}

function saidOf(part: ExplainedPart, result: InferResult, name: string, days: number): Float64Array {
  const tensor = result.outputs.find((output) => output.name === name);
  const values = tensor ? float32View(tensor) : new Float32Array(0);
  const width = part === 'timing' ? BIN_ENDS.length : 1;
  if (values.length !== SETS * width || !values.every(Number.isFinite)) {
    throw new ServeError('backend', `'${result.model}' gave no '${name}' for ${SETS} rows`);
  }
  if (part !== 'timing') return Float64Array.from(values);
  return Float64Array.from({ length: SETS }, (_, set) =>
    buyWithin(survivalOf(values.subarray(set * width, (set + 1) * width)), days));
}

const ANSWERS: Readonly<Record<ExplainedPart, (days: number) => AnswerWords>> = {
  timing: (days) => ({
    en: `chance of a purchase within ${days} ${days === 1 ? 'day' : 'days'}`, zh: `${days} 天内购买的概率`,
  }),
  churn: (days) => ({ en: `chance of no purchase within ${days} days`, zh: `${days} 天内不购买的概率` }),
  value: (days) => ({ en: `spending expected within ${days} days`, zh: `${days} 天内的预期消费` }),
};
