import { createHash } from 'node:crypto';
import type { Clock } from '../../server/core/clock.ts';
import { WINDOW_DAYS } from '../../server/customers/said.ts';
import { rocAuc } from '../learn/metrics/ranking.ts';
import { ceiling, ceilingLine } from './ceiling.ts';
import { fitNetwork, fitTiming, type TimingModels } from './chances.ts';
import { hazardSamples } from './hazard/samples.ts';
import { buyChances, HAZARD_DEFAULTS, type HazardOptions } from './hazard/train.ts';
import { boughtWithin, spentWithin } from './horizon.ts';
import { customerModels, type JudgedModel, type Learned } from './models.ts';
import type { PurchaseLog } from './purchases.ts';
import { calibrationLine, scoreLines, valueLines, verdictLines } from './print.ts';
import { referenceRows, WEEK } from './reference.ts';
import { SEGMENT_WAYS } from './segments/choose-k.ts';
import { fitSegments, segmentsOf, sharesOf, sizeDrift } from './segments/segments.ts';
import { dateScore, networkCalibration, timingScores } from './timing-scores.ts';
import {
  chooseValue, fitValueModels, valueScores, VALUE_WAYS, type ValueWay,
} from './value/scores.ts';
import { judgeChances, judgeSegments, judgeValue } from './verdicts.ts';
import { fitWindow, WAY_NAMES, windowChances, WINDOW_WAYS, type WindowWay } from './window-blend.ts';

export const BUY_DAYS = 30;
export const CHURN_DAYS = WINDOW_DAYS;

export interface CustomerOptions {
  readonly seed: number;
  readonly trainedOn: string; // for the cards
  /** Days at whose ends models are scored; absent: so many days before the log's end. */
  readonly timingDay?: number;
  readonly churnDay?: number;
  readonly network?: Partial<HazardOptions>;
  readonly bound?: boolean; // prints as well what the inputs could tell at best (`ceiling.ts`)
  readonly write: boolean; // false: scores only, nothing is learned from the newest days
}

/** A log must have these many to teach and to score anything. */
const LEAST = { customers: 300, returned: 100, days: 180 } as const;

/**
 * Scores everything on a log beside its baselines, judges it by them, and learns the models to serve
 * from all of it. Or why the log has nothing to learn from. What is scored at a day was learned from
 * that day and before.
 */
export function learnCustomers(
  log: PurchaseLog, options: CustomerOptions, clock: Clock, say: (line: string) => void,
): readonly JudgedModel[] | { readonly why: string } {
  const why = tooLittle(log);
  if (why) return { why };
  const { seed } = options;
  const startUs = clock.nowUs();
  const network = { ...HAZARD_DEFAULTS, seed, ...options.network };
  const timingDay = options.timingDay ?? log.lastDay - BUY_DAYS;
  const churnDay = options.churnDay ?? log.lastDay - CHURN_DAYS;

  say(`Who buys within ${BUY_DAYS} days, as of ${date(timingDay)}:`);
  const timing = fitTiming(log, timingDay, network);
  const buys = timingScores(log, timing, BUY_DAYS, seed);
  scoreLines(buys.scores).forEach(say);
  if (options.bound) say(ceilingLine(BUY_DAYS, ceiling(log, timingDay, BUY_DAYS, seed)));
  for (const days of [7, 30]) say(calibrationLine(days, networkCalibration(log, timing, days)));

  const churnAt = churnDay === timingDay ? timing : fitTiming(log, churnDay, network);
  say(calibrationLine(90, networkCalibration(log, churnAt, 90)));
  const dates = dateScore(log, churnAt, 180);
  say(`expected date: the 80 % interval holds ${percent(dates.coverage)} of ` +
    `${dates.buyers} purchases within ${dates.horizon} days; off by ${dates.maeDays.toFixed(1)} ` +
    `days on average, ${dates.maeAlike.toFixed(1)} with one median for all`);

  const churn = chooseChurn(log, churnDay, network, say);
  say(`Who is silent for ${CHURN_DAYS} days, as of ${date(churnDay)} (as chances to buy):`);
  const silences = timingScores(log, churnAt, CHURN_DAYS, seed);
  scoreLines(silences.scores).forEach(say);
  if (options.bound) say(ceilingLine(CHURN_DAYS, ceiling(log, churnDay, CHURN_DAYS, seed)));

  const valueWay = chooseWorth(log, churnDay, seed, say);
  say(`What customers spend in ${CHURN_DAYS} days, as of ${date(churnDay)}:`);
  const worth = valueScores(
    log, churnAt, fitValueModels(log, churnDay, CHURN_DAYS, seed), CHURN_DAYS);
  valueLines(worth.scores).forEach(say);

  const segments = fitSegments(hazardSamples(log, [log.lastDay], log.lastDay), seed);
  const drift = describeSegments(log, segments, churnAt, say);
  const verdicts = {
    timing: judgeChances(WAY_NAMES.network, buys, seed),
    'buy-30': judgeChances(WAY_NAMES.blend, buys, seed),
    churn: judgeChances(WAY_NAMES[churn], silences, seed),
    ltv: judgeValue(VALUE_WAYS[valueWay], worth, seed),
    segments: judgeSegments(segments),
  };
  verdictLines(verdicts).forEach(say);
  if (!options.write) return [];

  const all = fitNetwork(log, log.lastDay, network);
  const silence = fitWindow(log, log.lastDay, CHURN_DAYS, all, seed);
  const learned: Learned = {
    network: all, segments, dates, drift, silence, verdicts, valueWay, churnWay: churn,
    weekAuc: rocAuc(buyChances(timing.hazards, WEEK), boughtWithin(log, timing.samples, WEEK)),
    reference: referenceRows(log, all),
    buyScores: buys.scores, churnScores: silences.scores, valueScores: worth.scores,
    buy: fitWindow(log, log.lastDay, BUY_DAYS, all, seed),
    value: fitValueModels(log, log.lastDay, CHURN_DAYS, seed, [silence.line, silence.trees]),
    seed, trainedOn: options.trainedOn, madeAt: new Date(clock.wallMs()).toISOString(),
    trainSeconds: Math.round((clock.nowUs() - startUs) / 1e5) / 10,
    days: { timing: date(timingDay), churn: date(churnDay), last: date(log.lastDay) },
    data: { customers: log.customers.length, purchaseDays: purchaseDays(log), sha256: digest(log) },
  };
  return customerModels(learned);
}

/**
 * The way to tell who leaves that ranks best one window earlier: the day that is scored has no say.
 * Where the log is too short for that, the blend.
 */
function chooseChurn(
  log: PurchaseLog, churnDay: number, options: HazardOptions, say: (line: string) => void,
): WindowWay {
  const day = churnDay - CHURN_DAYS;
  if (day - CHURN_DAYS < log.firstDay + 30) return 'blend';
  const network = fitNetwork(log, day, { ...options, members: 1 });
  const blend = fitWindow(log, day, CHURN_DAYS, network, options.seed);
  const samples = hazardSamples(log, [day], churnDay);
  const labels = boughtWithin(log, samples, CHURN_DAYS);
  const chances = windowChances(blend, samples);
  const ways = Object.keys(WINDOW_WAYS) as WindowWay[];
  const auc = ways.map((way) => rocAuc(chances[way], labels));
  const best = ways[auc.indexOf(Math.max(...auc))] as WindowWay;
  say(`churn is told by '${best}', chosen as of ${date(day)}: AUC ` +
    ways.map((way, i) => `${way} ${auc[i]!.toFixed(4)}`).join(', '));
  return best;
}

/** As `chooseChurn`; the two parts where the log is too short. */
function chooseWorth(
  log: PurchaseLog, churnDay: number, seed: number, say: (line: string) => void,
): ValueWay {
  const day = churnDay - CHURN_DAYS;
  if (day - CHURN_DAYS < log.firstDay + 30) return 'twoPart';
  const { way, gini } = chooseValue(log, day, CHURN_DAYS, seed);
  say(`value is told by '${VALUE_WAYS[way]}', chosen as of ${date(day)}: Gini ` +
    (Object.keys(gini) as ValueWay[])
      .map((each) => `${VALUE_WAYS[each]} ${gini[each].toFixed(4)}`).join(', '));
  return way;
}

/** Sizes now and before, and what each segment went on to spend. */
function describeSegments(
  log: PurchaseLog, segments: ReturnType<typeof fitSegments>, churnAt: TimingModels,
  say: (line: string) => void,
): number {
  say(`Segments: ${segments.way}, k ${segments.k}, of (adjusted Rand, silhouette)`);
  for (const way of SEGMENT_WAYS) {
    say(`  ${way.padEnd(8)} ${segments.scores.filter((score) => score.way === way)
      .map(({ k, stability, silhouette }) => `${k}: ${stability.toFixed(2)}, ${silhouette.toFixed(2)}`)
      .join('; ')}`);
  }
  const labels = segmentsOf(segments, churnAt.samples);
  const before = sharesOf(labels, segments.k);
  const spent = spentWithin(log, churnAt.samples, CHURN_DAYS);
  const mean = spent.reduce((sum, value) => sum + value, 0) / spent.length;
  segments.names.forEach(({ en, zh }, segment) => {
    const own = Array.from(spent).filter((_, row) => labels[row] === segment);
    const lift = own.reduce((sum, value) => sum + value, 0) / Math.max(1, own.length) / mean;
    say(`  ${en} / ${zh}: ${percent(segments.shares[segment]!)} now, ` +
      `${percent(before[segment]!)} as of ${date(churnAt.knownTo)}, ` +
      `${lift.toFixed(2)} times the mean spend of the ${CHURN_DAYS} days after`);
  });
  const drift = sizeDrift(before, segments.shares);
  say(`  drift of their sizes since then: PSI ${drift.toFixed(3)}`);
  return drift;
}

function tooLittle({ customers, firstDay, lastDay }: PurchaseLog): string | null {
  const returned = customers.filter(({ days }) => days.length > 1).length;
  const days = lastDay - firstDay;
  if (customers.length >= LEAST.customers && returned >= LEAST.returned && days >= LEAST.days) {
    return null;
  }
  return `${customers.length} customers, ${returned} of them with a second purchase day, over ` +
    `${Math.max(0, days)} days: at least ${LEAST.customers}, ${LEAST.returned} and ${LEAST.days} are needed`;
}

function purchaseDays(log: PurchaseLog): number {
  return log.customers.reduce((sum, { days }) => sum + days.length, 0);
}

function digest(log: PurchaseLog): string {
  const hash = createHash('sha256');
  for (const { id, days, amounts } of log.customers) {
    hash.update(id).update(new Uint8Array(days.buffer)).update(new Uint8Array(amounts.buffer));
  }
  return hash.digest('hex');
}

export function date(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
