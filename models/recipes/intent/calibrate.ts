import { plattLine } from '../../learn/calibration/log-curve.ts';

/** What a logit is multiplied by and raised by, so that probabilities come true. */
export interface Calibration {
  readonly slope: number;
  readonly shift: number;
}

/** Platt's line, but for one that ran away on little data or turned the order round. */
export function calibrate(logits: Float64Array, labels: Uint8Array): Calibration {
  const weights = new Float64Array(labels.length).fill(1);
  const { slope, shift } = plattLine(logits, Float64Array.from(labels), weights);
  const sane = Number.isFinite(slope) && Number.isFinite(shift) && slope > 0.2 && slope < 5;
  return sane ? { slope, shift } : { slope: 1, shift: 0 };
}
