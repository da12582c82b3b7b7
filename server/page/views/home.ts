import type { ShopItem } from '../catalogue.ts';
import { h } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { Shop } from '../shop.ts';
import { picture } from './card.ts';
import { grid } from './listing.ts';

const CASE_ITEMS = 5;

/** The front of the shop: the display case, the shelf that follows, and everything there is. */
export function home(shop: Shop, forYou: HTMLElement, shown: number): HTMLElement[] {
  const { speech, catalogue } = shop;
  return [
    h(
      'section',
      { class: 'hero' },
      h(
        'div',
        { class: 'hero-words' },
        h('h1', { tabindex: '-1' }, speech.say('tagline')),
        h('p', {}, speech.say('lead')),
        h('a', { class: 'button', href: '#everything', onclick: scrollToEverything },
          speech.say('look')),
      ),
      displayCase(shop),
    ),
    forYou,
    h(
      'section',
      { class: 'listing', id: 'everything', 'aria-labelledby': 'everything-heading' },
      h(
        'header',
        { class: 'section-head' },
        h('h2', { id: 'everything-heading', tabindex: '-1' }, speech.say('all')),
        h('p', { class: 'section-note' },
          speech.say('shown', {
            count: speech.count(catalogue.items.length),
            total: speech.count(catalogue.total),
          })),
      ),
      grid(shop, catalogue.items, { eager: 0, shown }),
    ),
  ];
}

/** The best known items behind glass, each of another kind. */
function displayCase(shop: Shop): HTMLElement {
  const { speech } = shop;
  return h(
    'div',
    { class: 'case', role: 'group', 'aria-label': speech.say('popularNow') },
    ...caseItems(shop).map((item) =>
      h(
        'a',
        {
          class: 'case-item',
          href: hashOf({ at: 'item', item: item.id }),
          onclick: () => shop.acts.click(item.id, undefined),
        },
        picture(item, true, item.title),
      )),
  );
}

function caseItems(shop: Shop): ShopItem[] {
  const { items } = shop.catalogue;
  const kinds = new Map<string | undefined, ShopItem>();
  for (const item of items) {
    const kind = item.categories.at(-1);
    if (!kinds.has(kind)) kinds.set(kind, item);
  }
  return [...new Set([...kinds.values(), ...items])].slice(0, CASE_ITEMS);
}

/** By hand: the address's hash is the place in the shop, not on the page. */
function scrollToEverything(event: MouseEvent): void {
  event.preventDefault();
  const heading = document.getElementById('everything-heading');
  heading?.scrollIntoView({ block: 'start' });
  heading?.focus({ preventScroll: true });
}
