import type { FeatureProfile } from '../explain/profile.ts';
import { INTENT_FEATURES } from './intent-features.ts';

const ON = { min: 0, max: 1, step: 1, direction: 'up' } as const;

/**
 * What the features of purchase intent are called by people, and which of them somebody can change: the
 * shop by a recommendation or by asking who it is, the visitor by the cart. A lever moves its own feature
 * alone; what would move with it in a session (a cart that is opened has a value) stays as it is.
 */
const WORDS: Readonly<Record<string, Omit<FeatureProfile, 'name'>>> = {
  log_events: { en: 'actions in this session', zh: '本次会话的操作数', format: 'log_count' },
  log_item_views: { en: 'product views', zh: '商品浏览次数', format: 'log_count' },
  log_distinct_items: { en: 'different products viewed', zh: '浏览的不同商品数', format: 'log_count' },
  repeat_view_share: { en: 'share of views that come back to a product', zh: '重复浏览占比', format: 'share' },
  last_item_views: { en: 'views of the latest product', zh: '最近商品的浏览次数', format: 'log_count' },
  last_item_run: { en: 'views of the latest product in a row', zh: '连续浏览最近商品的次数', format: 'log_count' },
  log_list_views: { en: 'list pages seen', zh: '列表页浏览次数', format: 'log_count' },
  log_searches: { en: 'searches', zh: '搜索次数', format: 'log_count' },
  log_wishlist_adds: { en: 'products put on the wish list', zh: '加入心愿单次数', format: 'log_count' },
  log_cart_adds: { en: 'products put into the cart', zh: '加入购物车次数', format: 'log_count' },
  log_cart_removes: { en: 'products taken out of the cart', zh: '移出购物车次数', format: 'log_count' },
  cart_open: { en: 'something in the cart', zh: '购物车中有商品', format: 'flag', lever: ON },
  log_cart_value: {
    en: 'value of the cart', zh: '购物车金额', format: 'log_money',
    lever: { min: 0, max: Math.log1p(1000), direction: 'up' },
  },
  log_cart_views: { en: 'looks at the cart', zh: '查看购物车次数', format: 'log_count' },
  checkout_started: { en: 'checkout begun', zh: '已开始结账', format: 'flag', lever: ON },
  bought_before: { en: 'already bought in this session', zh: '本次会话已购买', format: 'flag' },
  log_events_since_purchase: { en: 'actions since the purchase', zh: '购买后的操作数', format: 'log_count' },
  log_mean_price: { en: 'mean price of viewed products', zh: '浏览商品均价', format: 'log_money' },
  last_is_view: { en: 'latest action a product view', zh: '最近操作为浏览商品', format: 'flag' },
  last_is_cart_add: { en: 'latest action put something into the cart', zh: '最近操作为加入购物车', format: 'flag' },
  last_is_checkout: { en: 'latest action a look at cart or checkout', zh: '最近操作为查看购物车或结账', format: 'flag' },
  log_session_seconds: { en: 'length of the session', zh: '会话时长', format: 'log_seconds' },
  log_mean_gap_seconds: { en: 'usual time between actions', zh: '操作平均间隔', format: 'log_seconds' },
  log_last_gap_seconds: { en: 'time between the latest two actions', zh: '最近两次操作的间隔', format: 'log_seconds' },
  log_idle_seconds: { en: 'time since the latest action', zh: '距最近操作的时间', format: 'log_seconds' },
  from_recommendation: { en: 'came by a recommendation', zh: '来自推荐', format: 'flag', lever: ON },
  known_customer: { en: 'known customer', zh: '已知客户', format: 'flag', lever: ON },
};

/** In the order of the model's input. Throws where a feature has no words. */
export function intentWords(): FeatureProfile[] {
  return INTENT_FEATURES.map((name) => {
    const words = WORDS[name];
    if (!words) throw new RangeError(`'${name}' has no words in intent-words.ts`);
    return { name, ...words };
  });
}

export const INTENT_ANSWER = {
  en: 'chance of a purchase in this session', zh: '本次会话的购买概率',
} as const;
