import type { Clock } from '../../../server/core/clock.ts';
import { Prng } from '../../../server/core/prng.ts';
import { hitRate, RANKED_ROWS, type HitRate, type Ranker } from '../hit-rate.ts';
import { examplesOf, someExamples, type TrainingSessions } from '../training-sessions.ts';
import { CandidateSampler } from './candidates.ts';
import { Pooling } from './pooling.ts';
import { openSoftmax } from './softmax.ts';
import { TrainingStep } from './step.ts';
import { freshWeights, parametersOf, unitItems, type EncoderWeights } from './weights.ts';

export interface EncoderOptions {
  readonly seed: number;
  readonly dim: number;
  readonly epochs: number; // at most; it stops when the held-out sessions gain no more
  readonly minutesMax: number; // Infinity is no limit
}

/** Chosen on the held-out sessions of YooChoose 1/64 and Diginetica. */
export const ENCODER_DEFAULTS = {
  dim: 64,
  epochs: 5,
  length: 20, // 99 % of the sessions have no more
  temperature: 0.08,
  batch: 512,
  candidates: 4096,
  rate: 0.005, // falls to a tenth on the way
  patience: 1, // epochs without a gain before it stops
} as const;

const SCORED_MAX = 10_000; // held-out examples looked at after an epoch
const BATCH_MIN = 16; // small data gets small batches: at least some 50 steps an epoch

export interface EncoderProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly share: number; // of the epoch done, 0..1
  readonly loss: number; // mean so far in the epoch, nats
  readonly score: HitRate | null; // at the end of an epoch
  readonly elapsedMs: number;
}

export interface TrainedEncoder {
  readonly weights: EncoderWeights; // of the best epoch
  readonly score: HitRate; // on all held-out examples
  readonly scored: number; // how many those are
  readonly epoch: number; // the best one
  readonly loss: number;
  readonly trainMs: number;
}

/**
 * Learns to predict the next item. The same data, options and machine give the same weights (unless
 * `minutesMax` cuts in): chance is seeded and the arithmetic runs on one thread.
 */
export async function trainEncoder(
  data: TrainingSessions, options: EncoderOptions, clock: Clock,
  progress: (step: EncoderProgress) => void,
): Promise<TrainedEncoder> {
  const startUs = clock.nowUs();
  const elapsedMs = (): number => (clock.nowUs() - startUs) / 1000;
  const { length, temperature, rate, patience } = ENCODER_DEFAULTS;
  const { dim, epochs, seed } = options;
  const prng = new Prng(seed);
  const shape = { items: data.ids.length, dim, length, temperature };
  const weights = freshWeights(shape, seed + 1);
  const examples = examplesOf(data.train, length);
  const sizes = batchSizes(examples.targets.length, shape.items, dim);
  const targets = examples.targets.map((place) => data.train.items[place] as number);
  const softmax = await openSoftmax(sizes);
  const sampler = new CandidateSampler(prng, shape.items, targets);
  const step = new TrainingStep(weights, sizes, softmax, sampler);
  const heldOut = examplesOf(data.heldOut, length);
  const watched = someExamples(heldOut, SCORED_MAX);
  const missed = Math.round((data.heldOutMisses * watched.targets.length) /
    Math.max(1, heldOut.targets.length));

  const order = Uint32Array.from({ length: examples.targets.length }, (_, i) => i);
  const steps = Math.floor(order.length / sizes.batch);
  let best = { sum: -1, epoch: 0, loss: 0, values: snapshot(weights) };
  let done = 0;
  for (let epoch = 1; epoch <= epochs && done < 1; epoch += 1) {
    shuffle(order, prng);
    let loss = 0;
    for (let at = 0; at < steps && done < 1; at += 1) {
      const number = (epoch - 1) * steps + at + 1;
      loss += await step.run(data.train.items, examples, order, at * sizes.batch);
      done = Math.max(number / (epochs * steps), elapsedMs() / (options.minutesMax * 60_000));
      const now = rate * (1 - 0.9 * Math.min(1, done));
      for (const parameter of parametersOf(weights)) parameter.update(number, now);
      if (at % 50 === 0) {
        const so = { share: (at + 1) / steps, loss: loss / (at + 1), score: null };
        progress({ epoch, epochs, ...so, elapsedMs: elapsedMs() });
      }
    }
    loss /= Math.max(1, steps);
    const score = await hitRate(rankerOf(weights), data.heldOut.items, watched, missed);
    progress({ epoch, epochs, share: 1, loss, score, elapsedMs: elapsedMs() });
    const sum = score.hr20 + score.mrr20;
    if (sum > best.sum) best = { sum, epoch, loss, values: snapshot(weights) };
    else if (epoch - best.epoch >= patience) break;
  }
  restore(weights, best.values);
  await softmax.close();
  const trainMs = elapsedMs();
  const ranker = rankerOf(weights);
  const score = await hitRate(ranker, data.heldOut.items, heldOut, data.heldOutMisses);
  const scored = heldOut.targets.length + data.heldOutMisses;
  return { weights, score, scored, epoch: best.epoch, loss: best.loss, trainMs };
}

/** The encoder as it stands, for scoring; valid until the weights change. */
function rankerOf(weights: EncoderWeights): Ranker {
  const pooling = new Pooling(weights, RANKED_ROWS);
  return {
    dim: weights.shape.dim,
    units: unitItems(weights),
    queries: pooling.vectors,
    ask: (row, items, start, end) => pooling.forward(row, items, start, end),
  };
}

/** Small shops get smaller batches, and every item as a candidate. */
function batchSizes(
  examples: number, items: number, dim: number,
): { batch: number; candidates: number; dim: number } {
  const { batch, candidates } = ENCODER_DEFAULTS;
  const fitting = Math.max(BATCH_MIN, Math.min(batch, Math.floor(examples / 50)));
  // Even when each row of a batch has a target of its own, there are others to tell it from.
  const rows = Math.min(fitting, Math.max(1, examples));
  return { batch: rows, candidates: Math.min(items, Math.max(candidates, 2 * rows)), dim };
}

function shuffle(order: Uint32Array, prng: Prng): void {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = prng.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
}

function snapshot(weights: EncoderWeights): Float32Array[] {
  return parametersOf(weights).map((parameter) => parameter.values.slice());
}

function restore(weights: EncoderWeights, values: readonly Float32Array[]): void {
  parametersOf(weights).forEach((parameter, at) => parameter.values.set(values[at]!));
}
