import type { RecommendReply } from '../../wire/schema.ts';
import { h } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { Shop } from '../shop.ts';
import { titleOf } from '../words.ts';
import { picture, stockBadge } from './card.ts';
import { Shelf } from './shelf.ts';

const SHELF_ITEMS = 8;

/** One item close up, with what is like it and what went before. */
export function product(shop: Shop, id: string, forYou: HTMLElement): HTMLElement[] {
  const { catalogue, speech, acts, visitor } = shop;
  const item = catalogue.item(id);
  const similar = new Shelf(shop, speech.say('similar'), 'similar', false);
  fillShelf(shop, similar, id, []);
  const before = visitor.viewed.find((other) => other !== id);
  return [
    h(
      'article',
      { class: 'product' },
      h('div', { class: 'product-picture' }, picture(item, true, item.title)),
      h(
        'div',
        { class: 'product-words' },
        h(
          'nav',
          { class: 'crumbs', 'aria-label': speech.say('categories') },
          h('a', { href: '#/' }, speech.say('home')),
          ...item.categories.map((category) =>
            h('a', { href: hashOf({ at: 'category', category }) }, titleOf(category))),
        ),
        h('h1', { tabindex: '-1' }, item.title),
        h('p', { class: 'product-facts' },
          h('span', { class: 'price' }, speech.price(item.price)), stockBadge(shop, item)),
        h('button', {
          class: 'button', type: 'button', disabled: !item.in_stock,
          onclick: () => acts.addToCart(item),
        }, speech.say('add')),
        h('p', { class: 'product-id' }, item.id),
      ),
    ),
    forYou,
    similar.element,
    ...(before === undefined ? [] : [becauseShelf(shop, before, id)]),
  ];
}

function becauseShelf(shop: Shop, before: string, current: string): HTMLElement {
  const { catalogue, speech } = shop;
  const heading = speech.say('because', { title: catalogue.item(before).title });
  const shelf = new Shelf(shop, heading, 'because', false);
  fillShelf(shop, shelf, before, [current]);
  return shelf.element;
}

/** A shelf with nothing to show, e.g. of an item that no one has seen yet, takes itself away. */
function fillShelf(shop: Shop, shelf: Shelf, item: string, exclude: readonly string[]): void {
  const { language } = shop.speech;
  shop.live.client.similar({ item, k: SHELF_ITEMS, filter: { exclude }, language }).then(
    (reply: RecommendReply) => {
      if (reply.items.length > 0) void shelf.show(reply);
      else shelf.element.remove();
    },
    () => shelf.element.remove(),
  );
}
