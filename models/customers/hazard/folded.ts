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

/**
 * Members side by side, as one network of as many units and outputs: weights between two members are
 * 0. One pass of it is all of theirs, and costs a runtime a third of the steps.
 */
export function stacked(members: readonly FoldedMember[]): FoldedMember {
  const { shape } = members[0]!;
  const { channels, features } = shape;
  const [state, hidden, bins] = [shape.state, shape.hidden, shape.bins]
    .map((size) => size * members.length) as [number, number, number];
  const to: FoldedMember = {
    shape: { ...shape, state, hidden, bins },
    kernel: new Float32Array(channels * 3 * state),
    recurrent: new Float32Array(state * 3 * state),
    gate: new Float32Array(3 * state),
    wide: new Float32Array((state + features) * hidden),
    wideBias: new Float32Array(hidden),
    out: new Float32Array(hidden * bins),
    outBias: new Float32Array(bins),
  };
  members.forEach((member, at) => {
    const [s, h, b] = [at * shape.state, at * shape.hidden, at * shape.bins];
    for (let gate = 0; gate < 3; gate += 1) { // z, r, c
      const [from, into] = [gate * shape.state, gate * state + s];
      copy(member.kernel, 3 * shape.state, from, to.kernel, 3 * state, into, channels, shape.state);
      copy(member.recurrent, 3 * shape.state, from, to.recurrent, 3 * state,
        s * 3 * state + into, shape.state, shape.state);
      copy(member.gate, 0, from, to.gate, 0, into, 1, shape.state);
    }
    copy(member.wide, shape.hidden, 0, to.wide, hidden, s * hidden + h, shape.state, shape.hidden);
    copy(member.wide, shape.hidden, shape.state * shape.hidden, to.wide, hidden,
      state * hidden + h, features, shape.hidden);
    copy(member.wideBias, 0, 0, to.wideBias, 0, h, 1, shape.hidden);
    copy(member.out, shape.bins, 0, to.out, bins, h * bins + b, shape.hidden, shape.bins);
    copy(member.outBias, 0, 0, to.outBias, 0, b, 1, shape.bins);
  });
  return to;
}

/** A block of `rows` and `columns` from one matrix into another; widths are those of their rows. */
function copy(
  source: Float32Array, width: number, at: number, target: Float32Array, targetWidth: number,
  into: number, rows: number, columns: number,
): void {
  for (let row = 0; row < rows; row += 1) {
    const from = at + row * width;
    target.set(source.subarray(from, from + columns), into + row * targetWidth);
  }
}
