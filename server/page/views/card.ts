import { PICTURE_SIZE, pictureUrl, type ShopItem } from '../catalogue.ts';
import { h, icon } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { Shop } from '../shop.ts';

const PLUS = 'M12 5v14M5 12h14';

export interface CardOptions {
  readonly reason?: string;
  readonly attribution?: string;
  readonly eager?: boolean; // the picture is in view at once
  readonly width?: 'shelf' | 'grid';
}

/** One item: picture, title, price, stock, and a quick way into the cart. */
export function card(shop: Shop, item: ShopItem, options: CardOptions = {}): HTMLLIElement {
  const { speech, acts } = shop;
  return h(
    'li',
    { class: `card card-${options.width ?? 'grid'}`, 'data-item': item.id },
    h(
      'a',
      {
        href: hashOf({ at: 'item', item: item.id }),
        onclick: () => acts.click(item.id, options.attribution),
      },
      h('span', { class: 'card-picture' }, picture(item, options.eager ?? false)),
      h('span', { class: 'card-title' }, item.title),
    ),
    h(
      'p',
      { class: 'card-facts' },
      h('span', { class: 'price' }, speech.price(item.price)),
      item.in_stock ? null : stockBadge(shop, item),
    ),
    options.reason === undefined ? null : h('p', { class: 'card-reason' }, options.reason),
    h(
      'button',
      {
        class: 'card-add',
        type: 'button',
        disabled: !item.in_stock,
        'aria-label': speech.say('addNamed', { title: item.title }),
        onclick: () => acts.addToCart(item),
      },
      icon(PLUS),
    ),
  );
}

/** The title beside it says what it shows, so its own text stays empty. */
export function picture(item: ShopItem, eager: boolean, alt = ''): HTMLImageElement {
  return h('img', {
    src: pictureUrl(item.id),
    alt,
    width: PICTURE_SIZE,
    height: PICTURE_SIZE,
    loading: eager ? 'eager' : 'lazy',
    decoding: 'async',
  });
}

export function stockBadge(shop: Shop, item: ShopItem): HTMLElement {
  const { speech } = shop;
  return item.in_stock
    ? h('span', { class: 'stock stock-in' }, speech.say('inStock'))
    : h('span', { class: 'stock stock-out' }, speech.say('soldOut'));
}
