import type { Findings } from './findings.ts';
import { HashSet } from './hash-set.ts';
import type { LooseEvent } from './loose-event.ts';

const ITEMS_MAX = 5_000_000;
const PRICED_MAX = 500_000;
const PRICES_MIN = 5; // of an item, before one of them can be unusual
const JUMP = Math.log(10);
const SEEN = new Set(['item_view', 'item_click', 'list_view', 'search', 'wishlist_add', 'cart_add']);
const SOLD_EXAMPLES = 100_000;

/** Items: prices that jump, what is bought and never looked at, and what nobody has declared. */
export class ItemChecks {
  readonly #seen = new HashSet(ITEMS_MAX);
  readonly #sold = new Map<string, number>(); // item -> line of its first purchase
  readonly #prices = new Map<string, { count: number; sum: number }>(); // of logarithms

  constructor(
    private readonly findings: Findings,
    private readonly declared: ((item: string) => boolean) | null, // null: there is no catalogue
  ) {}

  add({ line, type, items }: LooseEvent): void {
    for (const { item, price } of items) {
      if (SEEN.has(type)) this.#seen.put(item);
      else if (type === 'purchase' && !this.#sold.has(item) && this.#sold.size < SOLD_EXAMPLES) {
        this.#sold.set(item, line);
      }
      if (price !== undefined && price > 0) this.#price(line, item, price);
    }
    const unknown = this.declared && items.find(({ item }) => item !== '' && !this.declared!(item));
    if (unknown) this.findings.add('unknown-item', line, `'${unknown.item}'`);
  }

  tell(): void {
    if (this.#seen.count === 0) return; // only purchases were recorded
    const unseen = [...this.#sold].filter(([item]) => !this.#seen.has(item));
    if (unseen.length === 0) return;
    const [item, line] = unseen[0]!;
    this.findings.put(
      'sold-never-seen', unseen.length, `line ${line}: '${item}'`, 'items that are bought', this.#sold.size);
  }

  #price(line: number, item: string, price: number): void {
    let known = this.#prices.get(item);
    if (!known) {
      if (this.#prices.size >= PRICED_MAX) return;
      this.#prices.set(item, (known = { count: 0, sum: 0 }));
    }
    const log = Math.log(price);
    const usual = known.sum / known.count;
    if (known.count >= PRICES_MIN && Math.abs(log - usual) >= JUMP - 1e-9) {
      this.findings.add('price-jump', line, `'${item}' at ${price}, usually ${Math.exp(usual).toFixed(2)}`);
      return; // it does not become usual
    }
    known.count += 1;
    known.sum += log;
  }
}
