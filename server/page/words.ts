import type { Language } from '../wire/schema.ts';

/** Every word the page says, in each language it speaks. `{name}` is filled in. */
const ENGLISH = {
  skip: 'Skip to content',
  tagline: 'Everything here is arranged while you look.',
  lead:
    'A working shop on the Vitrine server. Look at something: ' +
    'the shelf “For you” follows within one round trip.',
  look: 'Look around',
  all: 'Everything',
  search: 'Search the shop',
  results: '{count} for “{query}”',
  nothing: 'Nothing here matches. Try fewer or other words.',
  categories: 'Categories',
  forYou: 'For you',
  forYouFresh: 'Answered {ms} ms after your click',
  forYouStart: 'Look at something and this shelf follows',
  forYouAway: 'Follows when the connection is back',
  notFound: 'There is no such item',
  notFoundMore: 'The shop has nothing under “{item}”. It may be gone, or the address is mistyped.',
  popularNow: 'Popular now',
  similar: 'Similar',
  because: 'Because you viewed {title}',
  inStock: 'In stock',
  soldOut: 'Sold out',
  add: 'Add to cart',
  addNamed: 'Add {title} to the cart',
  added: '{title} is in the cart',
  cart: 'Cart',
  cartOpen: 'Open the cart, {count} items',
  cartOpenOne: 'Open the cart, 1 item',
  cartEmpty: 'Your cart is empty.',
  close: 'Close',
  remove: 'Remove {title}',
  fewer: 'One fewer of {title}',
  more: 'One more of {title}',
  total: 'Total',
  checkout: 'Buy now',
  thanks: 'Thank you!',
  thanksMore: 'Your order is on record: the server acknowledged it after it was durable.',
  thanksWait: 'Your order is being put on record…',
  goOn: 'Go on shopping',
  offline: 'The connection is gone; what you do is kept and sent when it is back.',
  retrying: 'Try {count} …',
  panel: 'Behind the glass',
  roundTrip: 'Round trip',
  median: 'median',
  felt: 'After a click',
  intent: 'Purchase intent',
  intentForeign: 'by another shop’s model',
  customer: 'This customer',
  buys: 'buys in 30 days {percent}, in about {days} days',
  leaves: 'leaves {percent}',
  worth: '{price} in {days} days',
  models: 'Models at work',
  rows: 'batch of {count}',
  link: 'Connection',
  events: 'Events stored',
  link_connecting: 'connecting',
  link_open: 'open',
  link_waiting: 'waiting to retry',
  link_closed: 'closed',
  home: 'Home',
  language: '中文',
  shown: '{count} of {total} pieces',
  failed: 'The shop did not load: {why}',
  again: 'Try again',
  footer: 'A demonstration: nothing is sold, nothing leaves this machine.',
  rules: 'Placements and rules',
  ms: 'ms',
} as const;
export type Word = keyof typeof ENGLISH;

const CHINESE: Readonly<Record<Word, string>> = {
  skip: '跳到正文',
  tagline: '一切陈列，随你的目光而变。',
  lead:
    '运行在 Vitrine 服务器上的真实商店。' +
    '看看任何一件商品，“为你推荐”会在一次往返之内随之改变。',
  look: '随便看看',
  all: '全部商品',
  search: '搜索商品',
  results: '“{query}”共有 {count} 件',
  nothing: '没有找到，请换几个词试试。',
  categories: '分类',
  forYou: '为你推荐',
  forYouFresh: '点击后 {ms} 毫秒得到回答',
  forYouStart: '看看任何一件商品，这里就会随之改变',
  forYouAway: '连接恢复后随之改变',
  notFound: '没有这件商品',
  notFoundMore: '商店里没有“{item}”。它可能已下架，或者地址有误。',
  popularNow: '当前热门',
  similar: '相似商品',
  because: '因为你看过{title}',
  inStock: '有货',
  soldOut: '售罄',
  add: '加入购物车',
  addNamed: '把{title}加入购物车',
  added: '{title}已加入购物车',
  cart: '购物车',
  cartOpen: '打开购物车，共 {count} 件',
  cartOpenOne: '打开购物车，共 1 件',
  cartEmpty: '购物车是空的。',
  close: '关闭',
  remove: '移除{title}',
  fewer: '减少一件{title}',
  more: '增加一件{title}',
  total: '合计',
  checkout: '立即购买',
  thanks: '谢谢惠顾！',
  thanksMore: '订单已经记录：服务器在持久化之后才确认。',
  thanksWait: '正在记录订单……',
  goOn: '继续购物',
  offline: '连接已断开；你的操作会保留，恢复后立即发送。',
  retrying: '第 {count} 次重试……',
  panel: '玻璃背后',
  roundTrip: '往返时间',
  median: '中位数',
  felt: '点击之后',
  intent: '购买意向',
  intentForeign: '模型来自其他商店',
  customer: '这位顾客',
  buys: '30 天内购买 {percent}，约 {days} 天后',
  leaves: '流失 {percent}',
  worth: '{days} 天内消费 {price}',
  models: '参与的模型',
  rows: '批次 {count} 行',
  link: '连接',
  events: '已存储事件',
  link_connecting: '正在连接',
  link_open: '已连接',
  link_waiting: '等待重试',
  link_closed: '已关闭',
  home: '首页',
  language: 'English',
  shown: '{total} 件中的 {count} 件',
  failed: '商店没有加载成功：{why}',
  again: '重试',
  footer: '这是一个演示：不出售任何商品，数据不会离开这台机器。',
  rules: '推荐位与规则',
  ms: '毫秒',
};

/** The demo shop's categories; those of other shops are called what their data call them. */
const CHINESE_CATEGORIES: Readonly<Record<string, string>> = {
  Living: '家居', Table: '餐桌', Carry: '出行', Wear: '穿戴',
  Lamps: '灯具', Chairs: '椅子', Cushions: '靠垫', Clocks: '时钟', Mugs: '杯子', Vases: '花瓶',
  Plants: '绿植', Bottles: '水瓶', Backpacks: '背包', Sneakers: '运动鞋', Headphones: '耳机',
  Watches: '手表',
};

const LANGUAGES: Readonly<Record<Language, Readonly<Record<Word, string>>>> = {
  en: ENGLISH,
  zh: CHINESE,
};

/** Says things in one language: words, prices, numbers. */
export class Speech {
  readonly #prices: Intl.NumberFormat;
  readonly #numbers: Intl.NumberFormat;

  constructor(
    readonly language: Language,
    currency: string | null, // ISO 4217; null: prices are bare numbers
  ) {
    const money = currency === null
      ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
      : { style: 'currency' as const, currency };
    this.#prices = new Intl.NumberFormat(language, money);
    this.#numbers = new Intl.NumberFormat(language);
  }

  say(word: Word, values: Readonly<Record<string, string | number>> = {}): string {
    return LANGUAGES[this.language][word].replace(/\{(\w+)\}/g, (whole, name: string) =>
      String(values[name] ?? whole));
  }

  /** A category as a person calls it. */
  category(id: string): string {
    const title = titleOf(id);
    if (this.language !== 'zh' || !Object.hasOwn(CHINESE_CATEGORIES, title)) return title;
    return CHINESE_CATEGORIES[title] as string;
  }

  price(amount: number | null): string {
    return amount === null ? '' : this.#prices.format(amount);
  }

  count(number: number): string {
    return this.#numbers.format(number);
  }

  /** Milliseconds, with one decimal where it says something. */
  ms(ms: number): string {
    return ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
  }
}

/** `garden_chairs` as a person writes it: `Garden chairs`. */
export function titleOf(category: string): string {
  const text = category.replace(/[_-]+/g, ' ').trim();
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
