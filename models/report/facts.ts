import type { PurchaseLog } from '../customers/purchases.ts';
import { TrainingError } from '../learn/training-error.ts';
import { backtest, type Backtest } from './backtest.ts';
import { cohorts, type Cohort } from './cohorts.ts';
import { outlook } from './outlook.ts';
import { repurchase, type Repurchase } from './repurchase.ts';
import { groups, type Group } from './rfm.ts';
import { segmentFacts, type SegmentFacts } from './segments.ts';
import { shifts } from './shifts.ts';
import type { ColumnDrift } from '../../server/watch/drift.ts';

/** Everything that a report says, as numbers. */
export interface Facts {
  readonly name: string;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly customers: number;
  readonly purchases: number; // days on which a customer bought
  readonly revenue: number;
  readonly repeatShare: number; // customers with more than one
  readonly cohorts: readonly Cohort[];
  readonly repurchase: Readonly<Record<'first' | 'second' | 'later', Repurchase>>;
  readonly days: number; // of outlook, backtest and shifts
  readonly groups: readonly Group[];
  readonly segments: SegmentFacts;
  readonly expected: { readonly purchases: number; readonly value: number; readonly atRisk: number };
  readonly backtest: Backtest | null;
  readonly shifts: readonly ColumnDrift[] | null;
  readonly models: readonly ModelFacts[];
}

/** What a model's card says of it. */
export interface ModelFacts {
  readonly name: string;
  readonly what: string;
  readonly trainedOn: string;
  readonly madeAt: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const CUSTOMERS_MIN = 100;
const OUTLOOK_DAYS = 90;
const CURVE_DAYS = 180;

/** Fails with a `TrainingError` where there are too few customers to say anything of. */
export function facts(log: PurchaseLog, models: readonly ModelFacts[]): Facts {
  const customers = log.customers.length;
  if (customers < CUSTOMERS_MIN) {
    throw new TrainingError(`${log.name} has ${customers} customers with a purchase; a report ` +
      `needs ${CUSTOMERS_MIN}: import more, or name another log`);
  }
  const span = log.lastDay - log.firstDay;
  const days = Math.max(7, Math.min(OUTLOOK_DAYS, Math.floor(span / 3)));
  const now = outlook(log, log.lastDay, days);
  const found = groups(log, now);
  const all = (of: (group: Group) => number): number => found.reduce((sum, one) => sum + of(one), 0);
  const curve = (chosen: (purchase: number) => boolean): Repurchase =>
    repurchase(log, chosen, Math.min(CURVE_DAYS, span));
  return {
    name: log.name, firstDay: log.firstDay, lastDay: log.lastDay, customers,
    purchases: log.customers.reduce((sum, one) => sum + one.days.length, 0),
    revenue: log.customers.reduce((sum, { amounts }) => sum + amounts.reduce((a, b) => a + b, 0), 0),
    repeatShare: log.customers.filter((one) => one.days.length > 1).length / customers,
    cohorts: cohorts(log),
    repurchase: {
      first: curve((at) => at === 1), second: curve((at) => at === 2 || at === 3),
      later: curve((at) => at > 3),
    },
    days,
    groups: found,
    segments: segmentFacts(log, now, days),
    expected: {
      purchases: now.purchases.reduce((sum, one) => sum + one, 0),
      value: all((one) => one.expected), atRisk: all((one) => one.atRisk),
    },
    backtest: backtest(log, days),
    shifts: shifts(log, days),
    models,
  };
}
