import type { ShopItem } from '../catalogue.ts';
import { h } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { Shop } from '../shop.ts';
import { card } from './card.ts';

const PAGE_ITEMS = 30; // items added at a time: whole rows of 2, 3, 5 or 6
const EAGER_ITEMS = 4; // of a list that is on top of its page

/** How much of a grid is drawn at once. */
export interface GridOptions {
  readonly eager?: number; // pictures that are in view at once
  readonly shown?: number; // items there when the visitor left: who comes back finds as many
}

/** A grid of items that grows as its end comes into view. */
export function grid(
  shop: Shop, items: readonly ShopItem[], { eager = EAGER_ITEMS, shown: least = 0 }: GridOptions = {},
): HTMLElement {
  const list = h('ul', { class: 'grid' });
  const end = h('div', { class: 'grid-end', 'aria-hidden': 'true' });
  let shown = 0;
  const grow = (): void => {
    const more = items.slice(shown, shown + PAGE_ITEMS);
    list.append(...more.map((item, i) => card(shop, item, { eager: shown + i < eager })));
    shown += more.length;
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      if (shown >= items.length || !end.isConnected) watcher.disconnect();
      else grow();
    },
    { rootMargin: '600px' },
  );
  do grow();
  while (shown < Math.min(least, items.length));
  watcher.observe(end);
  return h('div', {}, list, end);
}

/** A category, or what a search found. `deeper` are the categories within it. */
export function listing(
  shop: Shop, heading: string, items: readonly ShopItem[], deeper: readonly string[], shown: number,
): HTMLElement {
  const { speech, catalogue } = shop;
  const facts = speech.say('shown', {
    count: speech.count(items.length),
    total: speech.count(catalogue.total),
  });
  return h(
    'section',
    { class: 'listing' },
    h('header', { class: 'section-head' },
      h('h1', { tabindex: '-1' }, heading), h('p', { class: 'section-note' }, facts)),
    deeper.length === 0 ? null : h('ul', { class: 'chips' },
      ...deeper.map((category) =>
        h('li', {}, h('a', { href: hashOf({ at: 'category', category }) }, speech.category(category))))),
    items.length > 0 ? grid(shop, items, { shown }) : h('p', { class: 'nothing' }, speech.say('nothing')),
  );
}
