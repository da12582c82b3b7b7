import type { RecommendReply } from '../../wire/schema.ts';
import { h } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { Shop } from '../shop.ts';
import { picture, stockBadge } from './card.ts';
import { Shelf } from './shelf.ts';

const SHELF_ITEMS = 8;

type Answer = Promise<RecommendReply | null>; // null where there was none

/** What the server was asked about an item: asked before anything is drawn, shown when it comes. */
export interface ProductAnswers {
  readonly similar: Answer;
  /** What is like the item looked at before this one; null when this is the first. */
  readonly because: { readonly item: string; readonly reply: Answer } | null;
}

export function askAbout({ live, speech, visitor }: Shop, id: string): ProductAnswers {
  const { language } = speech;
  const ask = (item: string, exclude: readonly string[]): Answer =>
    live.client.similar({ item, k: SHELF_ITEMS, filter: { exclude }, language }).catch(() => null);
  const before = visitor.viewed.find((other) => other !== id);
  return {
    similar: ask(id, []),
    because: before === undefined ? null : { item: before, reply: ask(before, [id]) },
  };
}

/** What is shown for an id that no item has. */
export function notFound({ speech }: Shop, id: string, forYou: HTMLElement): HTMLElement[] {
  return [
    h('article', { class: 'not-found' },
      h('h1', { tabindex: '-1' }, speech.say('notFound')),
      h('p', {}, speech.say('notFoundMore', { item: id })),
      h('a', { class: 'button', href: '#/' }, speech.say('look'))),
    forYou,
  ];
}

/** One item close up, with what is like it and what went before. */
export function product(
  shop: Shop, id: string, forYou: HTMLElement, { similar, because }: ProductAnswers,
): HTMLElement[] {
  const { catalogue, speech } = shop;
  const shelves = [shelfOf(shop, speech.say('similar'), 'similar', similar)];
  if (because) {
    const heading = speech.say('because', { title: catalogue.item(because.item).title });
    shelves.push(shelfOf(shop, heading, 'because', because.reply));
  }
  return [closeUp(shop, id), forYou, ...shelves];
}

function closeUp(shop: Shop, id: string): HTMLElement {
  const { catalogue, speech, acts } = shop;
  const item = catalogue.item(id);
  return h(
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
          h('a', { href: hashOf({ at: 'category', category }) }, speech.category(category))),
      ),
      h('h1', { tabindex: '-1' }, item.title),
      h('p', { class: 'product-facts' },
        h('span', { class: 'price' }, speech.price(item.price)), stockBadge(shop, item)),
      h('button', {
        class: 'button', type: 'button', disabled: !item.in_stock,
        onclick: () => acts.addToCart(item),
      }, speech.say('add')),
      item.id !== item.title && h('p', { class: 'product-id' }, item.id),
    ),
  );
}

/** A shelf with nothing to show, e.g. of an item that no one has seen yet, takes itself away. */
function shelfOf(shop: Shop, heading: string, id: string, answer: Answer): HTMLElement {
  const shelf = new Shelf(shop, heading, id, false);
  void answer.then((reply) => {
    if (reply && reply.items.length > 0) void shelf.show(reply);
    else shelf.element.remove();
  });
  return shelf.element;
}
