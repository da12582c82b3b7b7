import { Bins } from './bins.ts';
import { findings, jensenShannon, kolmogorovSmirnov, psi } from './distances.ts';

/** One column of rows, without order: sorted values and how many were missing. */
export interface ColumnSample {
  readonly sorted: Float64Array;
  readonly missing: number;
}

export interface ColumnDrift {
  readonly name: string;
  readonly psi: number;
  readonly jensenShannon: number;
  readonly ks: number; // of values that are there; 0 where one side has none
  readonly p: number;
  readonly missing: number; // share of the rows, now
  readonly missingBefore: number;
  /** `shifted`: great, and no chance; `watch`: noticeable; `stable`. */
  readonly level: 'stable' | 'watch' | 'shifted';
}

export interface DriftLimits {
  readonly watchPsi: number;
  readonly shiftedPsi: number;
  readonly falseRate: number; // of those called shifted or to be watched, over all columns
}

export const DRIFT_LIMITS: DriftLimits = { watchPsi: 0.1, shiftedPsi: 0.25, falseRate: 0.01 };

/**
 * How each column of now differs from that of the reference. A column is called shifted only if the
 * distance is great and chance does not explain it: with few rows every PSI is great, with many every
 * p-value small. Pure.
 */
export function judgeDrift(
  names: readonly string[], reference: (column: number) => ColumnSample,
  current: (column: number) => ColumnSample, limits = DRIFT_LIMITS,
): ColumnDrift[] {
  const measured = names.map((name, column) => measure(name, reference(column), current(column)));
  const real = findings(measured.map(({ p }) => p), limits.falseRate);
  return measured.map((one, i) => ({ ...one, level: level(one.psi, real[i]!, limits) }));
}

function level(distance: number, real: boolean, limits: DriftLimits): ColumnDrift['level'] {
  if (!real || distance < limits.watchPsi) return 'stable';
  return distance < limits.shiftedPsi ? 'watch' : 'shifted';
}

function measure(
  name: string, was: ColumnSample, is: ColumnSample,
): Omit<ColumnDrift, 'level'> {
  const bins = new Bins(was.sorted);
  const before = bins.shares(was.sorted, was.missing);
  const now = bins.shares(is.sorted, is.missing);
  const both = was.sorted.length > 0 && is.sorted.length > 0;
  const test = both ? kolmogorovSmirnov(was.sorted, is.sorted) : { statistic: 0, p: 1 };
  const missingP = missingTest(was, is);
  return {
    name,
    psi: psi(before, now),
    jensenShannon: jensenShannon(before, now),
    ks: test.statistic,
    p: Math.min(1, 2 * Math.min(test.p, missingP)), // two looks at one column (Bonferroni)
    missing: share(is),
    missingBefore: share(was),
  };
}

/** Whether values are missing more or less often than before: two shares, normal approximation. */
function missingTest(was: ColumnSample, is: ColumnSample): number {
  const [n, m] = [was.sorted.length + was.missing, is.sorted.length + is.missing];
  const pooled = (was.missing + is.missing) / (n + m);
  if (n === 0 || m === 0 || pooled === 0 || pooled === 1) return 1;
  const z = Math.abs(share(was) - share(is)) / Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  return normalTail(z) * 2;
}

function share({ sorted, missing }: ColumnSample): number {
  const rows = sorted.length + missing;
  return rows === 0 ? 0 : missing / rows;
}

/** P(Z > z) of a standard normal, for z of 0 and above (Abramowitz & Stegun 26.2.17; 7.5e-8). */
export function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 +
    t * (-1.821255978 + t * 1.330274429))));
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) * poly;
}
