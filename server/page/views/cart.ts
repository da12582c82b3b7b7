import { fill, h, icon } from '../dom.ts';
import { hashOf } from '../router.ts';
import type { Shop } from '../shop.ts';
import { picture } from './card.ts';

const CROSS = 'M6 6l12 12M18 6L6 18';

/** The cart in a drawer. The `dialog` element keeps the focus in, and Escape closes it. */
export class CartDrawer {
  readonly element: HTMLDialogElement;
  readonly #body = h('div', { class: 'cart-body' });

  constructor(private readonly shop: Shop) {
    const { speech } = shop;
    this.element = h(
      'dialog',
      { class: 'cart', 'aria-labelledby': 'cart-heading', onclick: (event: MouseEvent) => {
        if (event.target === this.element) this.close(); // the backdrop
      } },
      h(
        'div',
        { class: 'cart-sheet' },
        h(
          'header',
          { class: 'cart-head' },
          h('h2', { id: 'cart-heading' }, speech.say('cart')),
          h('button', {
            class: 'plain', type: 'button', 'aria-label': speech.say('close'),
            onclick: () => this.close(),
          }, icon(CROSS)),
        ),
        this.#body,
      ),
    );
  }

  open(): void {
    this.update();
    if (!this.element.open) this.element.showModal();
  }

  close(): void {
    this.element.close();
  }

  /** Draws the cart as it is now. */
  update(): void {
    const { visitor, speech, catalogue } = this.shop;
    if (visitor.cart.length === 0) {
      fill(this.#body, h('p', { class: 'cart-empty' }, speech.say('cartEmpty')));
      return;
    }
    const total = visitor.cart.reduce(
      (sum, line) => sum + line.quantity * (catalogue.item(line.item).price ?? 0), 0);
    fill(
      this.#body,
      h('ul', { class: 'cart-lines' },
        ...visitor.cart.map((line) => this.#line(line.item, line.quantity))),
      h('p', { class: 'cart-total' }, h('span', {}, speech.say('total')),
        h('strong', {}, speech.price(total))),
      h('button', { class: 'button', type: 'button', id: 'buy', onclick: () => void this.#buy() },
        speech.say('checkout')),
    );
  }

  #line(id: string, quantity: number): HTMLLIElement {
    const { speech, catalogue, acts } = this.shop;
    const item = catalogue.item(id);
    const { title } = item;
    const step = (by: number, sign: string, word: 'fewer' | 'more'): HTMLElement =>
      h('button', {
        type: 'button', 'aria-label': speech.say(word, { title }), 'data-step': `${id} ${by}`,
        onclick: () => this.#set(id, quantity + by, `${id} ${by}`),
      }, sign);
    return h(
      'li',
      { class: 'cart-line', 'data-item': id },
      picture(item, true),
      h('div', { class: 'cart-words' },
        h('a', { href: hashOf({ at: 'item', item: id }), onclick: () => {
          this.close();
          acts.click(id, undefined);
        } }, title),
        h('span', { class: 'price' }, speech.price(item.price)),
        h('div', { class: 'stepper' },
          step(-1, '−', 'fewer'), h('output', {}, quantity), step(1, '+', 'more'))),
      h('button', {
        class: 'plain', type: 'button', 'aria-label': speech.say('remove', { title }),
        onclick: () => this.#set(id, 0, ''),
      }, icon(CROSS)),
    );
  }

  /** The lines are drawn anew, so the focus goes back to the button that was pressed. */
  #set(id: string, quantity: number, step: string): void {
    this.shop.acts.setQuantity(id, quantity);
    this.update();
    const again = [...this.#body.querySelectorAll<HTMLElement>('[data-step]')]
      .find((button) => button.dataset.step === step);
    (again ?? this.element.querySelector<HTMLElement>('.plain'))?.focus();
  }

  async #buy(): Promise<void> {
    const { speech, acts } = this.shop;
    const note = h('p', {}, speech.say('thanksWait'));
    const goOn = h('button', { class: 'button', type: 'button', onclick: () => this.close() },
      speech.say('goOn'));
    const bought = acts.buy();
    fill(this.#body, h('div', { class: 'thanks', role: 'status' },
      h('h3', {}, speech.say('thanks')), note, goOn));
    goOn.focus();
    await bought;
    note.textContent = speech.say('thanksMore');
    note.dataset.durable = 'true';
  }
}
