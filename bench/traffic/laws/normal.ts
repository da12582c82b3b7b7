/** The standard normal law: density, and the chance of less (Abramowitz & Stegun 7.1.26, to 1.5e-7). */
export function density(z: number): number {
  return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
}

export function below(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const half = 0.5 * series * Math.exp(-x * x);
  return z < 0 ? half : 1 - half;
}
