/** What training makes least: a loss of each row's margin and label, times the row's weight. */
export type Objective = 'logistic' | 'squared';

interface Loss {
  /** The constant margin of least loss. */
  base(labels: Float64Array, weights: Float64Array): number;
  /** First and second derivatives by the margin, a row each, into `g` and `h`. */
  derive(
    margins: Float64Array, labels: Float64Array, weights: Float64Array, g: Float64Array,
    h: Float64Array,
  ): void;
  /** Weighted mean loss. */
  loss(margins: Float64Array, labels: Float64Array, weights: Float64Array): number;
}

const RATE_MIN = 1e-6; // a base rate of 0 or 1 has no log-odds

export const OBJECTIVES: Readonly<Record<Objective, Loss>> = {
  logistic: {
    base: (labels, weights) => {
      const rate = Math.min(1 - RATE_MIN, Math.max(RATE_MIN, weightedMean(labels, weights)));
      return Math.log(rate / (1 - rate));
    },
    derive: (margins, labels, weights, g, h) => {
      for (let row = 0; row < margins.length; row += 1) {
        const weight = weights[row] as number;
        const chance = 1 / (1 + Math.exp(-(margins[row] as number)));
        g[row] = weight * (chance - (labels[row] as number));
        h[row] = weight * chance * (1 - chance);
      }
    },
    loss: (margins, labels, weights) => weightedMean(margins.map((margin, row) =>
      Math.max(0, margin) - margin * (labels[row] as number) +
      Math.log1p(Math.exp(-Math.abs(margin)))), weights),
  },
  squared: {
    base: weightedMean,
    derive: (margins, labels, weights, g, h) => {
      for (let row = 0; row < margins.length; row += 1) {
        const weight = weights[row] as number;
        g[row] = weight * ((margins[row] as number) - (labels[row] as number));
        h[row] = weight;
      }
    },
    loss: (margins, labels, weights) => weightedMean(
      margins.map((margin, row) => (margin - (labels[row] as number)) ** 2), weights),
  },
};

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let weight = 0;
  for (let row = 0; row < values.length; row += 1) {
    sum += (values[row] as number) * (weights[row] as number);
    weight += weights[row] as number;
  }
  return sum / weight;
}
