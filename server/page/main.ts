import { systemClock } from '../core/clock.ts';
import type { Language } from '../wire/schema.ts';
import { Catalogue, type ShopItem } from './catalogue.ts';
import { fill, h } from './dom.ts';
import { isAway, Live, type Deed } from './live.ts';
import { placeOf, type Place } from './router.ts';
import type { Acts, Shop } from './shop.ts';
import { Trail } from './trail.ts';
import { CartDrawer } from './views/cart.ts';
import { Header } from './views/header.ts';
import { home } from './views/home.ts';
import { listing } from './views/listing.ts';
import { Panel } from './views/panel.ts';
import { askAbout, notFound, product, type ProductAnswers } from './views/product.ts';
import { ForYou } from './views/shelf.ts';
import { Visitor, VISITOR_KEY } from './visitor.ts';
import { Speech } from './words.ts';

const LANGUAGE_KEY = 'vitrine.language';
const SAID_MS = 3000;
const ANSWER_WAIT_MS = 50; // too short to be seen, and longer than a round trip in one region

/** A place to be drawn, and what the server was asked about it. */
interface Arrival {
  readonly place: Place;
  readonly answers: ProductAnswers | null;
}

/** The page: one connection and one visitor for its life; views are drawn anew as they change. */
class Page {
  readonly #visitor = new Visitor(localStorage, systemClock);
  readonly #trail = new Trail(history, systemClock.wallMs());
  readonly #live: Live;
  readonly #root = document.getElementById('shop') as HTMLElement;
  #shop!: Shop;
  #header!: Header;
  #panel!: Panel;
  #cart!: CartDrawer;
  #forYou!: ForYou;
  #main!: HTMLElement;
  #banner!: HTMLElement;
  #said!: HTMLElement; // empty when nothing has just been said
  #stopSaying: (() => void) | null = null;
  #place = placeOf(location.hash);
  #drawn = true; // what is shown is the place: not while one is on its way
  #arriving: Arrival | null = null; // drawn in the next frame
  #frame = 0; // the one asked for, 0 for none

  constructor(private readonly catalogue: Catalogue) {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const url = `${scheme}://${location.host}/ws`;
    const language = storedLanguage();
    this.#live = new Live(url, this.#visitor, systemClock, language, () => this.#draw());
    this.#speak(language);
    this.#tell(this.#place);
    history.scrollRestoration = 'manual'; // views are drawn later than the browser would scroll
    addEventListener('hashchange', () => void this.#move(placeOf(location.hash)));
    addEventListener('storage', ({ key }) => {
      if (key === VISITOR_KEY) this.#otherTab();
    });
  }

  /** Another tab has changed the cart, or bought. */
  #otherTab(): void {
    const { customer } = this.#visitor.identity;
    this.#visitor.reread();
    if (this.#visitor.identity.customer !== customer) this.#live.follow();
    this.#header.update();
    this.#cart.update();
  }

  /** Draws everything in a language. The connection, the visitor and the place stay. */
  #speak(language: Language): void {
    document.documentElement.lang = language;
    this.#live.speak(language);
    const speech = new Speech(language, this.catalogue.currency);
    this.#shop = {
      catalogue: this.catalogue, visitor: this.#visitor, live: this.#live, speech, acts: this.#acts,
    };
    this.#header = new Header(this.#shop);
    this.#panel = new Panel(speech, this.catalogue.transport);
    this.#cart = new CartDrawer(this.#shop);
    this.#forYou = new ForYou(this.#shop);
    this.#main = h('main', { id: 'main', tabindex: '-1' });
    this.#banner = h('div', { class: 'banner', role: 'status', hidden: true });
    this.#header.element.append(this.#banner); // hangs below it, wherever the visitor has scrolled
    this.#said = h('div', { class: 'said', role: 'status' });
    fill(
      this.#root,
      h('a', { class: 'skip', href: '#main', onclick: (event: MouseEvent) => {
        event.preventDefault(); // the hash is the place in the shop
        this.#main.focus();
      } }, speech.say('skip')),
      this.#header.element, this.#main,
      h('footer', { class: 'foot' }, h('p', {}, speech.say('footer'), ' ',
        h('a', { href: '/page/rules.html' }, speech.say('rules')))),
      this.#panel.element, this.#cart.element, this.#said,
    );
    this.#show(this.#place, this.#view(this.#place, this.#ask(this.#place), shownItems()));
    this.#update();
  }

  readonly #acts: Acts = {
    click: (item, attribution) =>
      this.#did({ type: 'item_click', items: [item], ...attributed(attribution) }),
    addToCart: (item) => this.#addToCart(item),
    setQuantity: (item, quantity) => this.#setQuantity(item, quantity),
    openCart: () => {
      this.#did({ type: 'cart_view' });
      this.#cart.open();
    },
    buy: () => this.#buy(),
    speak: (language) => {
      try {
        localStorage.setItem(LANGUAGE_KEY, language);
      } catch {
        // A private window: the choice lasts as long as the page.
      }
      this.#speak(language);
      document.querySelector<HTMLElement>('.language')?.focus();
    },
  };

  /** The visitor went to another place: asks for all it needs, then draws it with the answers. */
  async #move(place: Place): Promise<void> {
    this.#place = place;
    this.#trail.moved(this.#drawn ? { top: scrollY, shown: shownItems() } : null);
    this.#drawn = false;
    const there = await known(this.catalogue, place);
    if (this.#place !== place) return; // already somewhere else
    if (there) this.#live.acted();
    this.#tell(place);
    const answers = this.#ask(place);
    this.#live.afterAnswer(ANSWER_WAIT_MS, () => {
      if (this.#place !== place) return; // already somewhere else
      this.#arriving = { place, answers };
      this.#draw();
    });
  }

  #arrive({ place, answers }: Arrival): void {
    const { top, shown } = this.#trail.spot;
    this.#drawn = true;
    this.#cart.close();
    this.#show(place, this.#view(place, answers, shown));
    scrollTo({ top, behavior: 'instant' });
    this.#main.querySelector('h1')?.focus({ preventScroll: true });
  }

  #show(place: Place, view: readonly HTMLElement[]): void {
    fill(this.#main, ...view);
    this.#header.at(place);
    const heading = this.#main.querySelector('h1');
    document.title = place.at === 'home' ? 'Vitrine' : `${heading?.textContent ?? ''} · Vitrine`;
  }

  #ask(place: Place): ProductAnswers | null {
    if (place.at !== 'item' || !this.catalogue.has(place.item)) return null;
    return askAbout(this.#shop, place.item);
  }

  /** `shown`: items of a list that are there at once. */
  #view(place: Place, answers: ProductAnswers | null, shown: number): HTMLElement[] {
    const { speech } = this.#shop;
    const forYou = this.#forYou.shelf.element;
    switch (place.at) {
      case 'home':
        return home(this.#shop, forYou, shown);
      case 'item':
        if (!answers) return notFound(this.#shop, place.item, forYou);
        return product(this.#shop, place.item, forYou, answers);
      case 'category': {
        const { category } = place;
        const items = this.catalogue.inCategory(category);
        const deeper = this.catalogue.within(category);
        return [listing(this.#shop, speech.category(category), items, deeper, shown), forYou];
      }
      case 'search': {
        const found = this.catalogue.search(place.query);
        const heading = speech.say('results', { count: found.length, query: place.query });
        return [listing(this.#shop, heading, found, [], shown), forYou];
      }
    }
  }

  #tell(place: Place): void {
    switch (place.at) {
      case 'home':
        return void this.#live.track({ type: 'home_view' });
      case 'category':
        return void this.#live.track({ type: 'list_view' });
      case 'search':
        return void this.#live.track({ type: 'search', query: place.query });
      case 'item':
        if (!this.catalogue.has(place.item)) return; // nothing was looked at
        this.#visitor.saw(place.item);
        return void this.#live.track({ type: 'item_view', items: [this.#line(place.item, 1)] });
    }
  }

  #addToCart(item: ShopItem): void {
    this.#visitor.add(item.id);
    this.#header.update();
    this.#say(this.#shop.speech.say('added', { title: item.title }));
    this.#did({ type: 'cart_add', items: [this.#line(item.id, 1)] });
  }

  #setQuantity(item: string, quantity: number): void {
    const by = quantity - this.#visitor.quantityOf(item);
    if (by === 0) return;
    this.#visitor.setQuantity(item, quantity);
    this.#header.update();
    const items = [this.#line(item, Math.abs(by))];
    this.#did({ type: by > 0 ? 'cart_add' : 'cart_remove', items });
  }

  #did(deed: Deed): void {
    this.#live.acted();
    void this.#live.track(deed);
  }

  /** Shows a word for a moment; screen readers say it. */
  #say(text: string): void {
    this.#said.textContent = text;
    this.#stopSaying?.();
    this.#stopSaying = systemClock.after(SAID_MS * 1000, () => fill(this.#said));
  }

  async #buy(): Promise<void> {
    const items = this.#visitor.cart.map(({ item, quantity }) => this.#line(item, quantity));
    this.#visitor.emptyCart();
    this.#visitor.becomeCustomer();
    this.#live.follow();
    this.#header.update();
    await this.#live.track({ type: 'checkout_start', items }, { type: 'purchase', items });
  }

  #line(item: string, quantity: number): { item: string; quantity: number; price?: number } {
    const { price } = this.catalogue.item(item);
    return { item, quantity, ...(price === null ? {} : { price }) };
  }

  /** Messages change the state; what is shown follows once a frame, however many there were. */
  #draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#arriving) this.#arrive(this.#arriving);
      this.#arriving = null;
      this.#update();
    });
  }

  #update(): void {
    const { state, roundTrips } = this.#live;
    this.#panel.update(state, roundTrips);
    this.#forYou.update(state);
    const away = isAway(state);
    this.#banner.hidden = !away;
    if (!away) return;
    const { speech } = this.#shop;
    fill(this.#banner, h('span', {}, speech.say('offline')), ' ',
      h('span', { class: 'banner-try' }, speech.say('retrying', { count: state.retries })));
  }
}

/** Items of the lists on the page. */
function shownItems(): number {
  return document.querySelectorAll('.grid [data-item]').length;
}

/** Whether the place is there, asking for an item that the list left out. */
async function known(catalogue: Catalogue, place: Place): Promise<boolean> {
  if (place.at === 'item') await catalogue.learn([place.item]).catch(() => {});
  return place.at !== 'item' || catalogue.has(place.item);
}

function attributed(attribution: string | undefined): { attribution?: string } {
  return attribution === undefined ? {} : { attribution };
}

function storedLanguage(): Language {
  try {
    const stored = localStorage.getItem(LANGUAGE_KEY);
    if (stored === 'en' || stored === 'zh') return stored;
  } catch {
    // A private window: ask the browser instead.
  }
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

async function start(): Promise<void> {
  try {
    const catalogue = await Catalogue.load();
    await known(catalogue, placeOf(location.hash));
    new Page(catalogue);
  } catch (error) {
    const root = document.getElementById('shop') as HTMLElement;
    const speech = new Speech(storedLanguage(), null);
    fill(
      root,
      h('main', { class: 'failed' },
        h('p', { role: 'alert' }, speech.say('failed', { why: String(error) })),
        h('button', { class: 'button', type: 'button', onclick: () => void start() },
          speech.say('again'))),
    );
  }
}

void start();
