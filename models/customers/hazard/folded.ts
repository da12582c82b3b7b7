import type { HazardModel } from './train.ts';
import type { HazardShape } from './weights.ts';

/** A member's weights for inputs as they are, ready to be written: no standardising is left to do. */
export interface FoldedMember {
  readonly shape: HazardShape;
  readonly kernel: Float32Array; // [channels, 3 state]: z, r, c
  readonly recurrent: Float32Array; // [state, 3 state]
  readonly gate: Float32Array; // [3 state]
  readonly wide: Float32Array; // [state + features, hidden]
  readonly wideBias: Float32Array;
  readonly out: Float32Array;
  readonly outBias: Float32Array;
}

/**
 * Padding leaves the state as it is without a mask, which runtimes spell in different ways: the first
 * channel, 0 in padding, opens the update gate so far that z is 1 in float32.
 */
const HOLD = 20;

export function foldedMembers({ members, spread }: HazardModel): FoldedMember[] {
  return members.map((weights): FoldedMember => {
    const { shape } = weights;
    const { channels, state, features, hidden } = shape;
    const units = 3 * state;
    const kernel = weights.kernel.slice();
    for (let u = 0; u < units; u += 1) {
      for (let c = 1; c < channels; c += 1) {
        const w = (weights.kernel[c * units + u] as number) /
          (spread.history.deviation[c] as number);
        kernel[c * units + u] = w;
        // The first channel is 1 wherever the others are not padding: it takes up the means.
        kernel[u] = (kernel[u] as number) - w * (spread.history.mean[c] as number);
      }
    }
    const gate = weights.gate.slice();
    for (let u = 0; u < state; u += 1) {
      kernel[u] = (kernel[u] as number) - HOLD;
      gate[u] = (gate[u] as number) + HOLD;
    }
    const wide = weights.wide.slice();
    const wideBias = weights.wideBias.slice();
    for (let f = 0; f < features; f += 1) {
      for (let u = 0; u < hidden; u += 1) {
        const at = (state + f) * hidden + u;
        const w = (weights.wide[at] as number) / (spread.features.deviation[f] as number);
        wide[at] = w;
        wideBias[u] = (wideBias[u] as number) - w * (spread.features.mean[f] as number);
      }
    }
    return {
      shape,
      kernel: Float32Array.from(kernel),
      recurrent: Float32Array.from(weights.recurrent),
      gate: Float32Array.from(gate),
      wide: Float32Array.from(wide),
      wideBias: Float32Array.from(wideBias),
      out: Float32Array.from(weights.out),
      outBias: Float32Array.from(weights.outBias),
    };
  });
}
