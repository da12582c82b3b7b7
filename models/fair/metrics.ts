/** What decisions did to one group. Rates are NaN where there is nobody to take them of. */
export interface GroupRates {
  readonly rows: number;
  readonly base: number; // share with the outcome
  readonly selected: number; // share decided for
  readonly truePositive: number; // of those with the outcome, share decided for
  readonly falsePositive: number; // of those without
  readonly accuracy: number;
}

/**
 * Differences between the best and the worst group, 0 where all are alike: fairlearn's
 * `demographic_parity_difference`, `equalized_odds_difference` (the worse of the two rates) and
 * `equal_opportunity_difference`. Groups without a rate are left out, where fairlearn takes it for 0.
 */
export interface Disparities {
  readonly demographicParity: number; // of selection rates
  readonly equalisedOdds: number; // of true and of false positive rates, the larger (Hardt et al. 2016)
  readonly equalOpportunity: number; // of true positive rates
}

/** `decisions` and `outcomes` are 0 or 1, `groups` numbers from 0; all one a row. */
export function groupRates(
  decisions: ArrayLike<number>, outcomes: ArrayLike<number>, groups: ArrayLike<number>, count: number,
): GroupRates[] {
  const cells = new Float64Array(count * 4); // by group: decision + 2 * outcome
  for (let row = 0; row < groups.length; row += 1) {
    const at = (groups[row] as number) * 4 + (decisions[row] as number) + 2 * (outcomes[row] as number);
    cells[at] = (cells[at] as number) + 1;
  }
  return Array.from({ length: count }, (_, group) => {
    const [tn, fp, fn, tp] = cells.subarray(group * 4, group * 4 + 4) as unknown as
      [number, number, number, number];
    const rows = tn + fp + fn + tp;
    return {
      rows, base: (tp + fn) / rows, selected: (tp + fp) / rows, truePositive: tp / (tp + fn),
      falsePositive: fp / (fp + tn), accuracy: (tp + tn) / rows,
    };
  });
}

export function disparities(rates: readonly GroupRates[]): Disparities {
  const of = (pick: (rates: GroupRates) => number): number => {
    const values = rates.map(pick).filter((value) => !Number.isNaN(value));
    return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
  };
  const equalOpportunity = of((group) => group.truePositive);
  return {
    demographicParity: of((group) => group.selected),
    equalisedOdds: Math.max(equalOpportunity, of((group) => group.falsePositive)),
    equalOpportunity,
  };
}
