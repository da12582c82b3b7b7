/** How well probabilities tell what happened. All of them are of the same examples. */
export interface BinaryScores {
  readonly auc: number; // chance that a buyer is ranked above another; .5 is none
  readonly prAuc: number; // average precision; the base rate is none
  readonly logLoss: number; // nats
  readonly ece: number; // expected calibration error: |said - happened|, over ten bins
}

const BINS = 10;

/** `probabilities` and `labels` (0 or 1) of the same length, with at least one of each label. */
export function binaryScores(probabilities: ArrayLike<number>, labels: Uint8Array): BinaryScores {
  const order = Uint32Array.from(labels, (_, i) => i)
    .sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number));
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const negatives = labels.length - positives;
  let above = 0; // negatives ranked above what comes now
  let found = 0;
  let inverted = 0;
  let precision = 0;
  for (let at = 0; at < order.length;) {
    let end = at;
    let tiedPositives = 0;
    const value = probabilities[order[at] as number];
    for (; end < order.length && probabilities[order[end] as number] === value; end += 1) {
      tiedPositives += labels[order[end] as number] as number;
    }
    const tiedNegatives = end - at - tiedPositives;
    inverted += tiedPositives * (above + tiedNegatives / 2); // ties count half
    above += tiedNegatives;
    found += tiedPositives;
    precision += (tiedPositives * found) / end;
    at = end;
  }
  return {
    auc: 1 - inverted / (positives * negatives),
    prAuc: precision / positives,
    logLoss: logLoss(probabilities, labels),
    ece: calibrationError(probabilities, labels),
  };
}

function logLoss(probabilities: ArrayLike<number>, labels: Uint8Array): number {
  let sum = 0;
  labels.forEach((label, i) => {
    const p = probabilities[i] as number;
    sum -= Math.log(Math.max(1e-12, label === 1 ? p : 1 - p));
  });
  return sum / labels.length;
}

/** Bins hold equally many examples, so that the crowd at the low end is looked at closely. */
function calibrationError(probabilities: ArrayLike<number>, labels: Uint8Array): number {
  const order = Uint32Array.from(labels, (_, i) => i)
    .sort((a, b) => (probabilities[a] as number) - (probabilities[b] as number));
  const happened = meansOfTies(probabilities, labels, order);
  let error = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    const from = Math.floor((bin * order.length) / BINS);
    const to = Math.floor(((bin + 1) * order.length) / BINS);
    let gap = 0;
    for (let at = from; at < to; at += 1) {
      const i = order[at] as number;
      gap += (probabilities[i] as number) - (happened[at] as number);
    }
    error += Math.abs(gap);
  }
  return error / labels.length;
}

/** In `order`: the labels, averaged over equal probabilities, which a bin's edge may cut apart. */
function meansOfTies(
  probabilities: ArrayLike<number>, labels: Uint8Array, order: Uint32Array,
): Float64Array {
  const means = new Float64Array(order.length);
  for (let at = 0; at < order.length;) {
    const value = probabilities[order[at] as number];
    let sum = 0;
    let end = at;
    for (; end < order.length && probabilities[order[end] as number] === value; end += 1) {
      sum += labels[order[end] as number] as number;
    }
    means.fill(sum / (end - at), at, end);
    at = end;
  }
  return means;
}
