import type { RecommendReply } from '../../wire/schema.ts';
import { calm, fill, h } from '../dom.ts';
import { isAway, type LiveState } from '../live.ts';
import type { Shop } from '../shop.ts';
import { card } from './card.ts';

const PLACES = 6; // empty places kept before the first answer, so that nothing moves when it comes
const MOVE_MS = 420;

/** A row of recommended items under a heading. */
export class Shelf {
  readonly element: HTMLElement;
  readonly #list = h('ul', { class: 'shelf-items', tabindex: '0' });
  readonly #note = h('p', { class: 'shelf-note' });
  readonly #heading = h('h2');
  #shown: RecommendReply | null = null;

  constructor(
    private readonly shop: Shop,
    heading: string,
    id: string,
    private readonly reasons: boolean, // said under each item, where the heading does not
  ) {
    this.#heading.id = `${id}-heading`;
    this.#heading.textContent = heading;
    this.#list.setAttribute('aria-labelledby', this.#heading.id);
    this.element = h(
      'section',
      { class: 'shelf', id, 'aria-labelledby': this.#heading.id },
      h('header', { class: 'shelf-head' }, this.#heading, this.#note),
      this.#list,
    );
    fill(this.#list, ...Array.from({ length: PLACES }, () => emptyPlace(reasons)));
  }

  /** Shows an answer, unless it is the one shown. Items that stay glide, new ones fade in. */
  async show(reply: RecommendReply): Promise<void> {
    if (reply === this.#shown) return;
    this.#shown = reply;
    await this.shop.catalogue.learn(reply.items.map(({ item }) => item));
    if (reply !== this.#shown) return; // a newer one came meanwhile
    const before = positions(this.#list);
    const cards = reply.items.map(({ item, reason }) =>
      card(this.shop, this.shop.catalogue.item(item), {
        ...(this.reasons ? { reason: reason.text } : {}),
        attribution: reply.attribution,
        width: 'shelf',
        eager: true,
      }));
    keepFocus(this.#list, () => fill(this.#list, ...cards));
    this.#list.scrollTo({ left: 0, behavior: calm() ? 'auto' : 'smooth' });
    if (!calm()) glide(this.#list, before);
  }

  note(text: string, fresh = false): void {
    if (this.#note.textContent !== text) this.#note.textContent = text;
    this.#note.classList.toggle('fresh', fresh);
  }
}

/** The shelf that follows the visitor: one for the whole visit, moved from view to view. */
export class ForYou {
  readonly shelf: Shelf;

  constructor(private readonly shop: Shop) {
    this.shelf = new Shelf(shop, shop.speech.say('forYou'), 'for-you', true);
    this.shelf.note(shop.speech.say('forYouStart'));
  }

  update(state: LiveState): void {
    const { speech } = this.shop;
    if (state.forYou) void this.shelf.show(state.forYou);
    if (isAway(state)) this.shelf.note(speech.say('forYouAway'));
    else if (state.feltMs === null) this.shelf.note(speech.say('forYouStart'));
    else this.shelf.note(speech.say('forYouFresh', { ms: speech.ms(state.feltMs) }), true);
  }
}

function emptyPlace(reasons: boolean): HTMLLIElement {
  return h(
    'li',
    { class: 'card card-shelf card-empty', 'aria-hidden': 'true' },
    h('span', { class: 'card-picture' }),
    h('span', { class: 'card-title' }, ' '),
    h('p', { class: 'card-facts' }, ' '),
    reasons && h('p', { class: 'card-reason' }, ' '),
  );
}

function positions(list: Element): Map<string, number> {
  const lefts = new Map<string, number>();
  for (const element of list.querySelectorAll<HTMLElement>('[data-item]')) {
    lefts.set(element.dataset.item as string, element.getBoundingClientRect().left);
  }
  return lefts;
}

function glide(list: Element, before: ReadonlyMap<string, number>): void {
  for (const element of list.querySelectorAll<HTMLElement>('[data-item]')) {
    const from = before.get(element.dataset.item as string);
    const shift = from === undefined ? 0 : from - element.getBoundingClientRect().left;
    if (from !== undefined && shift === 0) continue;
    const start = from === undefined
      ? { opacity: 0, transform: 'translateY(10px)' }
      : { opacity: 1, transform: `translateX(${shift}px)` };
    element.animate([start, { opacity: 1, transform: 'none' }], {
      duration: MOVE_MS,
      easing: 'cubic-bezier(.2,.7,.2,1)',
    });
  }
}

/** A visitor on the keyboard keeps their place when the item under the focus is still there. */
function keepFocus(list: Element, change: () => void): void {
  const focused = document.activeElement;
  const item = focused?.closest<HTMLElement>('[data-item]');
  const within = item && list.contains(item);
  change();
  if (!within) return;
  for (const element of list.querySelectorAll<HTMLElement>('[data-item]')) {
    if (element.dataset.item !== item.dataset.item) continue;
    element.querySelector<HTMLElement>(focused?.tagName === 'BUTTON' ? 'button' : 'a')?.focus();
    return;
  }
}
