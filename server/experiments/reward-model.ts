/** A plain model of the reward: ridge regression on a slot's features and a constant, kept to 0..1. */
export interface RewardModel {
  readonly coefficients: readonly number[]; // the constant first
  predict(features: readonly number[]): number;
}

const RIDGE = 1; // rows' worth of pull towards 0; the constant is not pulled

/** Least squares with a penalty, by Cholesky's factors of the normal equations. Pure. */
export function fitReward(
  rows: readonly { readonly features: readonly number[]; readonly reward: number }[], width: number,
): RewardModel {
  const size = width + 1;
  const a = Array.from({ length: size }, () => new Float64Array(size));
  const b = new Float64Array(size);
  for (const { features, reward } of rows) {
    const x = [1, ...features];
    for (let i = 0; i < size; i += 1) {
      b[i]! += x[i]! * reward;
      for (let j = 0; j <= i; j += 1) a[i]![j]! += x[i]! * x[j]!;
    }
  }
  for (let i = 0; i < size; i += 1) a[i]![i]! += i === 0 ? 1e-9 : RIDGE;
  const coefficients = solve(a, b);
  return {
    coefficients,
    predict: (features) => {
      const value = features.reduce(
        (sum, feature, i) => sum + feature * (coefficients[i + 1] as number), coefficients[0] as number);
      return Math.min(1, Math.max(0, value));
    },
  };
}

/** Of a symmetric positive matrix, of which the lower half is read, and overwritten. */
function solve(a: readonly Float64Array[], b: Float64Array): number[] {
  const n = b.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k += 1) sum -= a[i]![k]! * a[j]![k]!;
      a[i]![j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j]![j]!;
    }
  }
  const y = Array.from(b);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) y[i]! -= a[i]![k]! * y[k]!;
    y[i]! /= a[i]![i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) y[i]! -= a[k]![i]! * y[k]!;
    y[i]! /= a[i]![i]!;
  }
  return y;
}
