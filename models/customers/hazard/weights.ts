import { Prng } from '../../../server/core/prng.ts';

export interface HazardShape {
  readonly channels: number; // of a purchase in the history; the first is 1 where there is one
  readonly length: number; // of the history
  readonly features: number;
  readonly state: number; // units of the recurrent layer
  readonly hidden: number;
  readonly bins: number;
}

/**
 * One network's numbers. A gated recurrent unit (Cho et al. 2014) reads the purchases, oldest first:
 *   z, r = σ(x W + h U + b), c = tanh(x W + (r h) U + b), h ← z h + (1 - z) c
 * then hidden = max(0, [h, features] A + a), and the hazard of each bin is σ(hidden B + b).
 */
export interface HazardWeights {
  readonly shape: HazardShape;
  readonly all: Float64Array; // everything below, one after the other
  readonly kernel: Float64Array; // [channels, 3 state]: z, r, c, as tfjs keeps it
  readonly recurrent: Float64Array; // [state, 3 state]
  readonly gate: Float64Array; // [3 state], the unit's bias
  readonly wide: Float64Array; // [state + features, hidden]
  readonly wideBias: Float64Array;
  readonly out: Float64Array; // [hidden, bins]
  readonly outBias: Float64Array;
}

export const PARTS = [
  'kernel', 'recurrent', 'gate', 'wide', 'wideBias', 'out', 'outBias',
] as const;
type Part = (typeof PARTS)[number];

export function sizesOf(shape: HazardShape): Readonly<Record<Part, number>> {
  const { channels, features, state, hidden, bins } = shape;
  return {
    kernel: channels * 3 * state, recurrent: state * 3 * state, gate: 3 * state,
    wide: (state + features) * hidden, wideBias: hidden, out: hidden * bins, outBias: bins,
  };
}

/** Zeros, with every part a view into `all`. */
export function emptyWeights(shape: HazardShape): HazardWeights {
  const sizes = sizesOf(shape);
  const all = new Float64Array(PARTS.reduce((sum, part) => sum + sizes[part], 0));
  let at = 0;
  const views = PARTS.map((part) => {
    const view = all.subarray(at, at + sizes[part]);
    at += sizes[part];
    return [part, view] as const;
  });
  return { shape, all, ...(Object.fromEntries(views) as Record<Part, Float64Array>) };
}

/** Seeded; each layer's outputs are of the size of its inputs. `hazards` are where the bins start. */
export function freshWeights(
  shape: HazardShape, seed: number, hazards: ArrayLike<number>,
): HazardWeights {
  const prng = new Prng(seed);
  const weights = emptyWeights(shape);
  const fill = (part: Float64Array, inputs: number, gain = 1): void => {
    for (let i = 0; i < part.length; i += 1) part[i] = (gain * prng.normal()) / Math.sqrt(inputs);
  };
  fill(weights.kernel, shape.channels);
  fill(weights.recurrent, shape.state);
  fill(weights.wide, shape.state + shape.features, Math.SQRT2);
  fill(weights.out, shape.hidden, 0.1);
  for (let bin = 0; bin < shape.bins; bin += 1) {
    const hazard = Math.min(0.99, Math.max(1e-4, hazards[bin] as number));
    weights.outBias[bin] = Math.log(hazard / (1 - hazard));
  }
  return weights;
}
