import { family, share, type Feature } from './feature.ts';
import { TOTAL } from './layout.ts';
import { DAY_MS, type Summary, WINDOWS } from './summary.ts';

const NEVER = 'has bought nothing';
const ONCE = 'has bought on fewer than two days';
const TWICE = 'has bought on fewer than three days';
const UNPRICED = 'no purchase says a price';

const days = (s: Summary, moment: number): number => s.sinceMs(moment) / DAY_MS;

const recency = family('recency');
const RECENCY: readonly Feature[] = [
  recency('days_since_purchase', 'days', [0, 3650], 'log', {
    en: 'days since the last purchase', zh: '距上次购买的天数', missing: NEVER,
  }, (s) => days(s, TOTAL.lastBuyMs)),
  recency('days_since_event', 'days', [0, 3650], 'log', {
    en: 'days since they were last seen', zh: '距上次到访的天数', missing: 'was never seen',
  }, (s) => days(s, TOTAL.lastMs)),
  recency('days_since_first_purchase', 'days', [0, 7300], 'log', {
    en: 'days since the first purchase', zh: '距首次购买的天数', missing: NEVER,
  }, (s) => days(s, TOTAL.firstBuyMs)),
  recency('days_since_first_event', 'days', [0, 7300], 'log', {
    en: 'days since they were first seen', zh: '距首次到访的天数', missing: 'was never seen',
  }, (s) => days(s, TOTAL.firstMs)),
  recency('first_to_last_days', 'days', [0, 7300], 'log', {
    en: 'days from the first purchase to the last', zh: '首次到最近一次购买相隔天数', missing: NEVER,
  }, (s) => (s.buys.at(-1)?.day ?? NaN) - s.total(TOTAL.firstBuyDay)),
];

const frequency = family('frequency');
const FREQUENCY: readonly Feature[] = [
  frequency('purchase_days', 'days', [0, 5000], 'log', {
    en: 'days on which they bought', zh: '有购买的天数',
  }, (s) => s.buyDays),
  frequency('orders', 'count', [0, 20_000], 'log', {
    en: 'orders so far', zh: '累计订单数',
  }, (s) => s.total(TOTAL.orders)),
  ...WINDOWS.slice(1).map((width, i) =>
    frequency(`purchase_days_${width}`, 'days', [0, width], 'log', {
      en: `days on which they bought, of the last ${width}`, zh: `最近 ${width} 天中有购买的天数`,
    }, (s) => s.within[i + 1]?.buyDays ?? NaN)),
  frequency('purchase_days_fading', 'days', [0, 32], 'log', {
    en: 'buying days, each fading by half in 180 days', zh: '购买天数（半衰期 180 天）',
  }, (s) => s.buys.reduce((all, { day }) => all + 2 ** (-Math.max(0, s.local.day - day) / 180), 0)),
  frequency('purchase_rate', 'per day', [0, 1], 'log', {
    en: 'buying days a day since the first', zh: '首购以来平均每天的购买天数', missing: NEVER,
  }, (s) => share(s.buyDays, days(s, TOTAL.firstBuyMs) + 1)),
];

const monetary = family('monetary');
const money = (mills: number): number => mills / 1000;
const MONETARY: readonly Feature[] = [
  monetary('spend_total', 'currency', [0, 1e9], 'log', {
    en: 'total spend', zh: '累计消费金额', missing: UNPRICED,
  }, (s) => (s.priced ? money(s.total(TOTAL.paidMills)) : NaN)),
  monetary('spend_mean', 'currency', [0, 1e9], 'log', {
    en: 'mean spend on a buying day', zh: '购买日平均消费', missing: UNPRICED,
  }, (s) => (s.priced ? money(s.total(TOTAL.paidMills)) / s.buyDays : NaN)),
  monetary('spend_last', 'currency', [0, 1e9], 'log', {
    en: 'spend on the last buying day', zh: '最近购买日消费', missing: UNPRICED,
  }, (s) => (s.priced ? money(s.buys.at(-1)?.mills ?? NaN) : NaN)),
  monetary('spend_max', 'currency', [0, 1e9], 'log', {
    en: 'most spent on one day', zh: '单日最高消费', missing: UNPRICED,
  }, (s) => (s.priced ? money(s.maxMills) : NaN)),
  monetary('spend_90', 'currency', [0, 1e9], 'log', {
    en: 'spend of the last 90 days', zh: '最近 90 天消费金额', missing: UNPRICED,
  }, (s) => (s.priced ? money(s.within[5]?.mills ?? NaN) : NaN)),
  monetary('spend_trend', 'log a purchase', [-5, 5], 'plain', {
    en: 'trend of spend from one buying day to the next', zh: '购买日消费的变化趋势',
    missing: `${UNPRICED}, or ${ONCE}`,
  }, (s) => (s.priced ? slope(s.buys.map(({ mills }) => Math.log1p(money(mills)))) : NaN)),
  monetary('spend_last_ratio', 'log ratio', [-10, 10], 'plain', {
    en: 'last spend against their mean', zh: '最近消费与平均消费之比', missing: UNPRICED,
  }, (s) => (s.priced
    ? Math.log1p(money(s.buys.at(-1)?.mills ?? NaN)) -
      Math.log1p(money(s.total(TOTAL.paidMills)) / s.buyDays)
    : NaN)),
  monetary('refund_share', 'share', [0, 1], 'plain', {
    en: 'part of the spend that was given back', zh: '退款金额占比', missing: UNPRICED,
  }, (s) => share(s.total(TOTAL.refundMills), s.total(TOTAL.paidMills))),
  monetary('refunds', 'count', [0, 5000], 'log', {
    en: 'refunds', zh: '退款次数',
  }, (s) => s.total(TOTAL.refunds)),
];

const timing = family('timing');
const TIMING: readonly Feature[] = [
  timing('gap_mean', 'days', [0, 3650], 'log', {
    en: 'mean days between buying days', zh: '平均购买间隔（天）', missing: ONCE,
  }, (s) => s.gapMean),
  timing('gap_sd', 'days', [0, 3650], 'log', {
    en: 'spread of the days between', zh: '购买间隔的标准差', missing: TWICE,
  }, (s) => spread(s.gaps)),
  timing('gap_cv', 'ratio', [0, 10], 'plain', {
    en: 'spread of the days between, against their mean', zh: '购买间隔的变异系数', missing: TWICE,
  }, (s) => spread(s.gaps) / mean(s.gaps)),
  timing('gap_last', 'days', [0, 3650], 'log', {
    en: 'days between the last two buying days', zh: '最近一次购买间隔（天）', missing: ONCE,
  }, (s) => s.gaps.at(-1) ?? NaN),
  timing('gap_last_ratio', 'ratio', [0, 100], 'log', {
    en: 'last days between, against their mean', zh: '最近间隔与平均间隔之比', missing: ONCE,
  }, (s) => (s.gaps.at(-1) ?? NaN) / s.gapMean),
  timing('regularity', 'gamma k', [0.05, 100], 'log', {
    en: 'regularity of buying: 1 is by chance, more is by habit',
    zh: '购买规律性（1 为随机，越大越有规律）', missing: TWICE,
  }, (s) => gammaShape(s.gaps)),
  timing('silence_ratio', 'ratio', [0, 1000], 'log', {
    en: 'silence since the last purchase, against the usual days between',
    zh: '沉默时长与平均购买间隔之比', missing: ONCE,
  }, (s) => days(s, TOTAL.lastBuyMs) / s.gapMean),
  timing('days_to_expected', 'days', [-3650, 3650], 'plain', {
    en: 'days until the next purchase is due, below 0 when overdue',
    zh: '距预计下次购买的天数（负数为已逾期）', missing: ONCE,
  }, (s) => s.gapMean - days(s, TOTAL.lastBuyMs)),
  timing('overdue', 'deviations', [-20, 100], 'plain', {
    en: 'how overdue a purchase is, in spreads of the days between',
    zh: '逾期程度（以间隔标准差计）', missing: TWICE,
  }, (s) => (days(s, TOTAL.lastBuyMs) - s.gapMean) / Math.max(1, spread(s.gaps))),
];

const basket = family('basket');
const BASKET: readonly Feature[] = [
  basket('basket_units', 'units', [0, 1e6], 'log', {
    en: 'units on a buying day', zh: '购买日平均件数', missing: NEVER,
  }, (s) => share(s.total(TOTAL.boughtUnits), s.buyDays)),
  basket('basket_lines', 'lines', [0, 1e4], 'log', {
    en: 'different lines on a buying day', zh: '购买日平均商品行数', missing: NEVER,
  }, (s) => share(s.total(TOTAL.boughtLines), s.buyDays)),
  basket('items_distinct', 'items', [0, 1500], 'log', {
    en: 'different items bought so far', zh: '购买过的不同商品数',
  }, (s) => s.itemsDistinct),
  basket('item_repeat_share', 'share', [0, 1], 'plain', {
    en: 'part of the lines that were bought before', zh: '重复购买的商品行占比', missing: NEVER,
  }, (s) => 1 - share(s.itemsDistinct, s.total(TOTAL.boughtLines))),
  basket('categories_distinct', 'categories', [0, 16], 'plain', {
    en: 'different categories bought from, 16 at most', zh: '购买涉及的品类数（最多 16）',
  }, (s) => s.categoryUnits.length),
  basket('category_entropy', 'nats', [0, 2.78], 'plain', {
    en: 'how mixed the categories are', zh: '品类分散程度（熵）', missing: 'no item bought has a category',
  }, (s) => entropy(s.categoryUnits)),
  basket('category_top_share', 'share', [0, 1], 'plain', {
    en: 'part of the units that the favourite category has', zh: '最常购买品类的占比',
    missing: 'no item bought has a category',
  }, (s) => share(Math.max(...s.categoryUnits), sum(s.categoryUnits))),
];

export const PURCHASE_FEATURES: readonly Feature[] = [
  ...RECENCY, ...FREQUENCY, ...MONETARY, ...TIMING, ...BASKET,
];

/** From left to right: another order would give other last bits. */
function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** NaN of nothing. */
function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

/** The sample's standard deviation; NaN of fewer than two. */
function spread(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const middle = mean(values);
  return Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

/**
 * Shape of a gamma distribution of the gaps (Minka's closed form, within 1.5 % of the likeliest). All
 * gaps alike is the most regular there is; what cannot be told from one gap is NaN.
 */
function gammaShape(gaps: readonly number[]): number {
  if (gaps.length < 2) return NaN;
  const excess = Math.log(mean(gaps)) - mean(gaps.map(Math.log));
  if (excess < 1e-9) return Infinity; // brought to the end of its range
  return (3 - excess + Math.sqrt((excess - 3) ** 2 + 24 * excess)) / (12 * excess);
}

/** Least squares of the values over their places; NaN of fewer than two. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const average = mean(values);
  let [above, below] = [0, 0];
  values.forEach((value, i) => {
    above += (i - middle) * (value - average);
    below += (i - middle) ** 2;
  });
  return below > 0 ? above / below : NaN;
}

function entropy(counts: readonly number[]): number {
  const whole = sum(counts);
  if (whole === 0) return NaN;
  return -sum(counts.map((count) => (count / whole) * Math.log(count / whole)));
}
