import { Prng } from '../../../server/core/prng.ts';
import { BIN_ENDS, silentWithin, survivalOf } from '../../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../../server/customers/timing-inputs.ts';
import { Adam } from '../dense-layers.ts';
import { HazardNetwork } from './network.ts';
import type { HazardSamples } from './samples.ts';
import { spreadOf, standardised, type Spread } from './spread.ts';
import { freshWeights, type HazardShape, type HazardWeights } from './weights.ts';

export interface HazardOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly members: number; // networks from different seeds, whose hazards are averaged
  readonly state: number;
  readonly hidden: number;
  readonly rate: number; // of the first steps; falls to nothing on the way
  readonly decay: number; // of the weights, a step and a rate
  readonly batch: number;
}

export const HAZARD_DEFAULTS: HazardOptions = {
  seed: 1, epochs: 4, members: 3, state: 8, hidden: 32, rate: 0.003, decay: 0.1, batch: 256,
};

/** Networks whose mean hazard is the answer. */
export interface HazardModel {
  readonly members: readonly HazardWeights[];
  readonly spread: Spread; // what inputs are standardised by
}

/** The same samples and options give the same model. */
export function trainHazard(
  samples: HazardSamples, options: HazardOptions,
  progress: (epoch: number, loss: number, share: number) => void = () => undefined,
): HazardModel {
  const { state, hidden, seed } = options;
  const shape: HazardShape = {
    channels: HISTORY_CHANNELS.length, length: HISTORY_LENGTH, features: TIMING_FEATURES.length,
    state, hidden, bins: BIN_ENDS.length,
  };
  const spread = spreadOf(samples);
  const ready = standardised(samples, spread);
  const base = baseHazards(samples);
  const members: HazardWeights[] = [];
  for (let member = 0; member < options.members; member += 1) {
    const weights = freshWeights(shape, seed * 1000 + member, base);
    fit(weights, ready, options, member, (epoch, loss) => progress(
      epoch, loss, (member + epoch / options.epochs) / options.members));
    members.push(weights);
  }
  return { members, spread };
}

function fit(
  weights: HazardWeights, samples: HazardSamples, options: HazardOptions, member: number,
  progress: (epoch: number, loss: number) => void,
): void {
  const { seed, epochs, rate, decay, batch } = options;
  const prng = new Prng(seed * 7919 + member);
  const network = new HazardNetwork(weights);
  const adam = new Adam(weights.all.length);
  const order = Uint32Array.from({ length: samples.rows }, (_, i) => i);
  const steps = Math.ceil(order.length / batch) * epochs;
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch += 1) {
    shuffle(order, prng);
    let loss = 0;
    for (let at = 0; at < order.length; at += batch) {
      const rows = order.subarray(at, at + batch);
      for (const row of rows) loss += network.learn(samples, row, 1 / rows.length);
      const left = 0.5 * (1 + Math.cos((Math.PI * step) / steps));
      adam.update(weights.all, network.gradient.all, rate * left, decay);
      step += 1;
    }
    progress(epoch, loss / order.length);
  }
}

/** Hazards of every row, [rows, bins]. */
export function hazardsOf(model: HazardModel, samples: HazardSamples): Float64Array {
  const ready = standardised(samples, model.spread);
  const networks = model.members.map((weights) => new HazardNetwork(weights));
  const bins = BIN_ENDS.length;
  const hazards = new Float64Array(samples.rows * bins);
  for (let row = 0; row < samples.rows; row += 1) {
    for (const network of networks) {
      network.forward(ready, row);
      for (let bin = 0; bin < bins; bin += 1) {
        const chance = 1 / (1 + Math.exp(-(network.logits[bin] as number)));
        hazards[row * bins + bin] =
          (hazards[row * bins + bin] as number) + chance / networks.length;
      }
    }
  }
  return hazards;
}

/** The chance to buy within `days` of each row. */
export function buyChances(hazards: Float64Array, days: number): Float64Array {
  const bins = BIN_ENDS.length;
  return Float64Array.from({ length: hazards.length / bins }, (_, row) =>
    1 - silentWithin(survivalOf(hazards.subarray(row * bins, (row + 1) * bins)), days));
}

/** Everyone's hazards: where a network starts. */
function baseHazards(samples: HazardSamples): Float64Array {
  const bins = BIN_ENDS.length;
  const bought = new Float64Array(bins).fill(0.5);
  const at = new Float64Array(bins).fill(50);
  for (let row = 0; row < samples.rows; row += 1) {
    const survived = samples.survived[row] as number;
    for (let bin = 0; bin < survived; bin += 1) at[bin] = (at[bin] as number) + 1;
    if (samples.bought[row] !== 1) continue;
    bought[survived] = (bought[survived] as number) + 1;
    at[survived] = (at[survived] as number) + 1;
  }
  return bought.map((count, bin) => count / (at[bin] as number));
}

function shuffle(order: Uint32Array, prng: Prng): void {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = prng.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
}
