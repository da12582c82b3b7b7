import { HISTORY_CHANNELS, TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import type { HazardSamples } from './samples.ts';

/** Mean and deviation of the inputs; the first channel of the history says only that there is one. */
export interface Spread {
  readonly features: Moments;
  readonly history: Moments; // over the purchases, not the padding
}
export interface Moments {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export function spreadOf({ features, history }: HazardSamples): Spread {
  const present = new Float32Array(history.length);
  const channels = HISTORY_CHANNELS.length;
  let length = 0;
  for (let at = 0; at < history.length; at += channels) {
    if (history[at] !== 1) continue;
    for (let c = 0; c < channels; c += 1) present[length + c] = history[at + c] as number;
    length += channels;
  }
  const of = momentsOf(present.subarray(0, length), channels);
  of.mean[0] = 0;
  of.deviation[0] = 1;
  return { features: momentsOf(features, TIMING_FEATURES.length), history: of };
}

/** The samples with standardised inputs; padding stays 0. */
export function standardised(samples: HazardSamples, spread: Spread): HazardSamples {
  const channels = HISTORY_CHANNELS.length;
  const width = TIMING_FEATURES.length;
  const features = samples.features.map((x, i) => scaled(x, spread.features, i % width));
  const history = samples.history.map((x, i) =>
    samples.history[i - (i % channels)] === 1 ? scaled(x, spread.history, i % channels) : 0);
  return { ...samples, features, history };
}

function scaled(x: number, { mean, deviation }: Moments, at: number): number {
  return (x - (mean[at] as number)) / (deviation[at] as number);
}

/** A column that never varies keeps its scale. */
function momentsOf(values: Float32Array, width: number): Moments {
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  const rows = Math.max(1, values.length / width);
  for (let i = 0; i < values.length; i += 1) {
    mean[i % width] = (mean[i % width] as number) + (values[i] as number) / rows;
  }
  for (let i = 0; i < values.length; i += 1) {
    const off = (values[i] as number) - (mean[i % width] as number);
    square[i % width] = (square[i % width] as number) + (off * off) / rows;
  }
  return { mean, deviation: square.map((v) => (v > 1e-8 ? Math.sqrt(v) : 1)) };
}
