/**
 * The Brier score of P(silent for `day` days), with each row weighted by one over the chance to be
 * still observed (Graf et al. 1999), by Kaplan-Meier of the censoring.
 */
export function censoredBrier(
  days: Float64Array, bought: Uint8Array, silent: Float64Array, day: number, observed: StepCurve,
): number {
  let sum = 0;
  const stillSeen = observed(day);
  for (let row = 0; row < days.length; row += 1) {
    const t = days[row] as number;
    const p = silent[row] as number;
    if (t <= day && bought[row] === 1) sum += (p * p) / observed(t - 1e-9);
    else if (t >= day) sum += ((1 - p) * (1 - p)) / stillSeen;
  }
  return sum / days.length;
}

export type StepCurve = (day: number) => number;

/** Kaplan-Meier of not being censored yet: 1 until the first row is lost from sight. */
export function observedCurve(days: Float64Array, bought: Uint8Array): StepCurve {
  const order = Uint32Array.from(days, (_, i) => i)
    .sort((a, b) => (days[a] as number) - (days[b] as number));
  const at: number[] = [];
  const chance: number[] = [];
  let left = 1;
  for (let from = 0; from < order.length;) {
    const t = days[order[from] as number] as number;
    let to = from;
    let lost = 0;
    for (; to < order.length && days[order[to] as number] === t; to += 1) {
      if (bought[order[to] as number] !== 1) lost += 1;
    }
    if (lost > 0) {
      left *= 1 - lost / (order.length - from);
      at.push(t);
      chance.push(left);
    }
    from = to;
  }
  return (day) => {
    let value = 1;
    for (let i = 0; i < at.length && (at[i] as number) < day; i += 1) value = chance[i] as number;
    return value;
  };
}

/** The mean of the Brier score over days 1..`horizon`; `silentAt` gives all rows' chances. */
export function integratedBrier(
  days: Float64Array, bought: Uint8Array, silentAt: (day: number) => Float64Array, horizon: number,
): number {
  const observed = observedCurve(days, bought);
  let sum = 0;
  for (let day = 1; day <= horizon; day += 1) {
    sum += censoredBrier(days, bought, silentAt(day), day, observed);
  }
  return sum / horizon;
}
