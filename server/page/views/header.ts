import { h, icon } from '../dom.ts';
import { hashOf, type Place } from '../router.ts';
import type { Shop } from '../shop.ts';

const GLASS = 'M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM15.5 15.5 20 20';
const BAG = 'M5 8h14l-1 12H6L5 8zM9 8V7a3 3 0 0 1 6 0v1';
const CATEGORIES_MAX = 8; // what one line of a wide screen holds

/** The top of every page: name, search, language, cart, categories. */
export class Header {
  readonly element: HTMLElement;
  readonly #count = h('span', { class: 'cart-count' });
  readonly #cart: HTMLButtonElement;
  readonly #search: HTMLInputElement;
  readonly #links = new Map<string, HTMLAnchorElement>();

  constructor(private readonly shop: Shop) {
    const { speech, acts } = shop;
    this.#cart = h(
      'button',
      { class: 'cart-button', type: 'button', onclick: () => acts.openCart() },
      icon(BAG), this.#count,
    );
    this.#search = h('input', {
      type: 'search', name: 'q', placeholder: speech.say('search'), autocomplete: 'off',
      'aria-label': speech.say('search'), maxlength: 80,
    });
    const other = speech.language === 'en' ? 'zh' : 'en';
    this.element = h(
      'header',
      { class: 'top' },
      h('div', { class: 'top-line' },
        h('a', { class: 'wordmark', href: '#/', 'aria-label': `Vitrine: ${speech.say('home')}` },
          'Vitrine'),
        h('form', { class: 'search', role: 'search', onsubmit: (event: SubmitEvent) => {
          event.preventDefault();
          const query = this.#search.value.trim();
          location.hash = hashOf(query ? { at: 'search', query } : { at: 'home' });
        } }, icon(GLASS), this.#search),
        h('button', {
          class: 'plain language', type: 'button', lang: other, onclick: () => acts.speak(other),
        }, speech.say('language')),
        this.#cart),
      this.#categories(),
    );
    this.update();
  }

  update(): void {
    const { visitor, speech } = this.shop;
    const count = visitor.cartCount;
    this.#count.textContent = String(count);
    this.#count.hidden = count === 0;
    this.#cart.setAttribute('aria-label', speech.say(count === 1 ? 'cartOpenOne' : 'cartOpen', { count }));
  }

  /** Marks where the visitor is. */
  at(place: Place): void {
    const current = place.at === 'category' ? place.category : place.at === 'home' ? '' : null;
    for (const [category, link] of this.#links) {
      if (category === current) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    if (place.at === 'search') this.#search.value = place.query;
    else this.#search.value = '';
  }

  #categories(): HTMLElement {
    const { catalogue, speech } = this.shop;
    const link = (category: string, text: string, href: string): HTMLLIElement => {
      const anchor = h('a', { href }, text);
      this.#links.set(category, anchor);
      return h('li', {}, anchor);
    };
    return h(
      'nav',
      { class: 'categories', 'aria-label': speech.say('categories') },
      h('ul', {},
        link('', speech.say('all'), '#/'),
        ...catalogue.categories.slice(0, CATEGORIES_MAX).map(({ id }) =>
          link(id, speech.category(id), hashOf({ at: 'category', category: id })))),
    );
  }
}
