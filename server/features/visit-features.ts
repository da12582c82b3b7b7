import { COUNTRIES } from './countries.ts';
import { family, share, type Feature } from './feature.ts';
import { TOTAL } from './layout.ts';
import { type Summary, type Window, WINDOWS } from './summary.ts';
import { DEVICES } from '../wire/schema.ts';

const within = (s: Summary, width: (typeof WINDOWS)[number]): Window =>
  s.within[WINDOWS.indexOf(width)] as Window;

const visits = family('visits');
const VISITS: readonly Feature[] = [
  ...([1, 7, 30, 90] as const).map((width) =>
    visits(`sessions_${width}`, 'sessions', [0, 4 * width], 'log', {
      en: width === 1 ? 'visits today' : `visits of the last ${width} days`,
      zh: width === 1 ? '今天的访问次数' : `最近 ${width} 天的访问次数`,
    }, (s) => within(s, width).sessions)),
  ...([7, 30, 90] as const).map((width) =>
    visits(`views_${width}`, 'views', [0, 1e5], 'log', {
      en: `items looked at in the last ${width} days`, zh: `最近 ${width} 天浏览商品次数`,
    }, (s) => within(s, width).views)),
  visits('searches_30', 'searches', [0, 1e5], 'log', {
    en: 'searches and lists of the last 30 days', zh: '最近 30 天搜索与列表浏览次数',
  }, (s) => within(s, 30).searches),
  visits('cart_adds_30', 'items', [0, 1e5], 'log', {
    en: 'items put into the cart in the last 30 days', zh: '最近 30 天加购次数',
  }, (s) => within(s, 30).cartAdds),
  visits('active_days', 'days', [0, 7300], 'log', {
    en: 'days on which they were seen', zh: '活跃天数',
  }, (s) => s.activeDays),
  visits('activity_7', 'days', [0, 7.6], 'plain', {
    en: 'days seen, fading over a week', zh: '近期活跃度（按 7 天衰减）',
  }, (s) => s.decayed7),
  visits('activity_30', 'days', [0, 31], 'plain', {
    en: 'days seen, fading over a month', zh: '近期活跃度（按 30 天衰减）',
  }, (s) => s.decayed30),
  visits('views_per_session', 'views', [0, 1000], 'log', {
    en: 'items looked at in a visit', zh: '每次访问浏览商品数', missing: 'was never seen',
  }, (s) => share(s.remembered.views, s.remembered.sessions)),
  visits('cart_adds_per_view', 'ratio', [0, 10], 'log', {
    en: 'items put into the cart for each looked at', zh: '加购与浏览之比', missing: 'looked at no item',
  }, (s) => share(s.remembered.cartAdds, s.remembered.views)),
  visits('purchase_session_share', 'share', [0, 1], 'plain', {
    en: 'part of the visits that ended in a purchase', zh: '成交访问占比', missing: 'was never seen',
  }, (s) => share(s.remembered.buySessions, s.remembered.sessions)),
  visits('cart_abandonment', 'share', [0, 1], 'plain', {
    en: 'part of the visits with a cart that ended without a purchase', zh: '购物车放弃率',
    missing: 'put nothing into the cart',
  }, (s) => share(s.remembered.abandoned, s.remembered.cartSessions)),
  visits('open_carts_7', 'sessions', [0, 28], 'plain', {
    en: 'carts left in the last 7 days', zh: '最近 7 天未结算的购物车数',
  }, (s) => within(s, 7).abandoned),
  visits('visits_since_purchase', 'sessions', [0, 256], 'log', {
    en: 'visits on days after the last purchase', zh: '上次购买后的访问次数',
  }, (s) => s.visitsSinceBuy),
];

const price = family('price');
const paidPrice = (s: Summary): number => share(s.total(TOTAL.paidMills), s.total(TOTAL.paidUnits)) / 1000;
const seenPrice = (s: Summary): number => share(s.total(TOTAL.viewMills), s.total(TOTAL.pricedViews)) / 1000;
const discountBought = (s: Summary): number =>
  share(s.total(TOTAL.discountLines), s.total(TOTAL.pricedLines));
const PRICE: readonly Feature[] = [
  price('price_paid', 'currency', [0, 1e7], 'log', {
    en: 'mean price of what they buy', zh: '购买商品平均单价', missing: 'no purchase says a price',
  }, paidPrice),
  price('price_viewed', 'currency', [0, 1e7], 'log', {
    en: 'mean price of what they look at', zh: '浏览商品平均单价', missing: 'no view says a price',
  }, seenPrice),
  price('price_paid_to_viewed', 'log ratio', [-5, 5], 'plain', {
    en: 'price of what they buy against what they look at', zh: '购买价与浏览价之比',
    missing: 'no purchase or no view says a price',
  }, (s) => Math.log1p(paidPrice(s)) - Math.log1p(seenPrice(s))),
  price('discount_share', 'share', [0, 1], 'plain', {
    en: 'discount taken, of the full price of all they bought', zh: '折扣金额占原价比例',
    missing: 'no purchase says a price',
  }, (s) => share(s.total(TOTAL.discountMills), s.total(TOTAL.discountMills) + s.total(TOTAL.paidMills))),
  price('discount_line_share', 'share', [0, 1], 'plain', {
    en: 'part of what they bought that was on offer', zh: '购买商品中促销品占比',
    missing: 'no purchase says a price',
  }, discountBought),
  price('promotion_response', 'share', [-1, 1], 'plain', {
    en: 'how much more often they buy on offer than they look at offers', zh: '促销敏感度（购买与浏览促销占比之差）',
    missing: 'no purchase or no view says a price',
  }, (s) => discountBought(s) - share(s.total(TOTAL.discountViews), s.total(TOTAL.pricedViews))),
];

const place = family('place');
const PLACE: readonly Feature[] = [
  place('country', 'country', [0, COUNTRIES.length - 1], 'category', {
    en: 'country', zh: '国家或地区', missing: 'no event says one that is known',
  }, (s) => (s.country < 0 ? NaN : s.country), COUNTRIES),
  place('utc_offset', 'hours', [-12, 14], 'plain', {
    en: 'hours ahead of UTC, where they are', zh: '所在时区与 UTC 的时差',
  }, (s) => s.offsetHours),
  place('device', 'device', [0, DEVICES.length - 1], 'category', {
    en: 'device used last', zh: '最近使用的设备', missing: 'no event says one',
  }, (s) => (s.total(TOTAL.device) < 0 ? NaN : s.total(TOTAL.device)), DEVICES),
];

export const VISIT_FEATURES: readonly Feature[] = [...VISITS, ...PRICE, ...PLACE];
