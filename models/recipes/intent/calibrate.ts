/** What a logit is multiplied by and raised by, so that probabilities come true. */
export interface Calibration {
  readonly slope: number;
  readonly shift: number;
}

const ROUNDS = 30;

/** Platt's logistic fit of the labels on the logits, by Newton's method; nothing else changes. */
export function calibrate(logits: Float64Array, labels: Uint8Array): Calibration {
  let slope = 1;
  let shift = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    let gs = 0;
    let gb = 0;
    let hss = 1e-6; // a little ridge: logits may all be the same
    let hsb = 0;
    let hbb = 1e-6;
    logits.forEach((z, i) => {
      const chance = 1 / (1 + Math.exp(-(slope * z + shift)));
      const miss = chance - (labels[i] as number);
      const curve = chance * (1 - chance);
      gs += miss * z;
      gb += miss;
      hss += curve * z * z;
      hsb += curve * z;
      hbb += curve;
    });
    const determinant = hss * hbb - hsb * hsb;
    const ds = (hbb * gs - hsb * gb) / determinant;
    const db = (hss * gb - hsb * gs) / determinant;
    slope -= ds;
    shift -= db;
    if (Math.abs(ds) + Math.abs(db) < 1e-9) break;
  }
  // A fit on little data may run away or turn the order round: then the logits stay as they are.
  const sane = Number.isFinite(slope) && Number.isFinite(shift) && slope > 0.2 && slope < 5;
  return sane ? { slope, shift } : { slope: 1, shift: 0 };
}
