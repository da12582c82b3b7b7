import { fewer, isBinary, largestFold, type Finding, type LeakCase } from './finding.ts';
import { oddsOf } from './odds.ts';

/** A fall of a column's AUC that is told, */
const FALL = 0.12;
/** if it is so many standard errors (Hanley and McNeil 1982). */
const ERRORS = 5;

/**
 * Columns that say less of scored rows than of those that taught, though both are of the same kind:
 * what the label means for them has changed, or the training rows knew something.
 */
export function shifted({ examples, plan }: LeakCase): Finding[] {
  if (!isBinary(examples)) return [];
  const fold = fewer(largestFold(plan));
  const ones = fold.test.filter((row) => examples.labels[row] === 1).length;
  const zeros = fold.test.length - ones;
  if (Math.min(ones, zeros) < 30) return [];
  const scored = oddsOf(examples, fold);
  // Each half of the training rows tells of the other: AUC as honest as that of scored rows.
  const halves = [0, 1].map((side) => ({
    train: fold.train.filter((_, at) => at % 2 === side),
    test: fold.train.filter((_, at) => at % 2 !== side),
  }));
  const taught = halves.map((half) => oddsOf(examples, half));
  return scored.flatMap(({ column, auc }, at): Finding[] => {
    const before = ((taught[0]?.[at]?.auc ?? NaN) + (taught[1]?.[at]?.auc ?? NaN)) / 2;
    const fall = before - auc;
    if (!(fall > FALL) || fall < ERRORS * aucError(auc, ones, zeros)) return [];
    return [{
      rule: 'shifted', severity: 'warn', column: column.name,
      evidence: `alone it ranks training rows with an AUC of ${before.toFixed(3)}, scored ones with ` +
        auc.toFixed(3),
      advice: `look at what ${column.name} is in each: it may be filled in after the outcome, or ` +
        'mean something else by now',
    }];
  });
}

function aucError(auc: number, ones: number, zeros: number): number {
  const q1 = auc / (2 - auc);
  const q2 = (2 * auc * auc) / (1 + auc);
  return Math.sqrt((auc * (1 - auc) + (ones - 1) * (q1 - auc * auc) +
    (zeros - 1) * (q2 - auc * auc)) / (ones * zeros));
}
