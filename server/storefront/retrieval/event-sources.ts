import type { Addon, NativeSessionIndex } from '../../ann/binding.ts';
import type { ReasonCode } from '../../wire/schema.ts';
import { STOREFRONT_LIMITS } from '../limits.ts';
import type { Columns } from '../snapshot-file.ts';
import type { Source } from './candidates.ts';
import type { InterestEvent } from './retriever.ts';
import { weighsAnywhere } from './settings.ts';
import type { BlendSettings } from './settings.ts';
import { BoughtTogether } from './sources/bought-together.ts';
import { BuyAgain } from './sources/buy-again.ts';
import { CustomerNeighbours } from './sources/customer-neighbours.ts';
import { CustomerSlots } from './sources/customer-slots.ts';
import { Histories } from './sources/histories.ts';
import { HistoryNeighbours } from './sources/history-neighbours.ts';
import { CAME_BEFORE, CUSTOMERS_ALSO, FOLLOWED_LATER, HistoryPairs } from './sources/history-pairs.ts';
import { Purchases } from './sources/purchases.ts';
import { RecentlyViewed } from './sources/recently-viewed.ts';
import { RowCounts } from './sources/row-counts.ts';
import { Trending } from './sources/trending.ts';

/** The sources whose groups of settings are here. */
export const EVENT_REASONS = [
  'trending', 'recently_viewed', 'bought_together', 'buy_again', 'customer_neighbours',
  'history_neighbours', 'customers_also', 'followed_later', 'came_before',
] as const satisfies readonly ReasonCode[];
export type EventReason = (typeof EVENT_REASONS)[number];

/**
 * The sources that learn from events as they come: orders, customers' purchases, customers' histories.
 * Only those that weigh something in some placement are made and fed.
 */
export class EventSources {
  readonly list: readonly Source[];
  readonly #slots: CustomerSlots;
  readonly #trending: Trending | null;
  readonly #together: BoughtTogether | null;
  readonly #purchases: Purchases | null;
  readonly #histories: Histories | null;
  readonly #chosen = new RowCounts(); // of all histories
  readonly #pairs: readonly HistoryPairs[];
  readonly #neighbours: { readonly index: NativeSessionIndex; readonly source: HistoryNeighbours } | null;

  constructor(
    addon: Pick<Addon, 'SessionIndex'>,
    settings: BlendSettings,
    wanted: (reason: EventReason) => boolean = (reason) => weighsAnywhere(settings, reason),
    customersMax: number = STOREFRONT_LIMITS.historyCustomersMax,
  ) {
    const slots = new CustomerSlots(customersMax, (slot) => this.#drop(slot));
    const any = (...reasons: EventReason[]): boolean => reasons.some(wanted);
    this.#slots = slots;
    this.#trending = wanted('trending') ? new Trending(settings.trending) : null;
    this.#together = wanted('bought_together') ? new BoughtTogether(settings.together) : null;
    const purchases = any('buy_again', 'customer_neighbours') ? new Purchases(settings.purchases) : null;
    const histories = any('history_neighbours', 'customers_also', 'followed_later', 'came_before')
      ? new Histories(slots) : null;
    this.#pairs = histories === null ? [] : ([
      [FOLLOWED_LATER, settings.histories],
      [CAME_BEFORE, settings.histories],
      [CUSTOMERS_ALSO, settings.also],
    ] as const)
      .filter(([{ reason }]) => wanted(reason))
      .map(([kind, recency]) => new HistoryPairs(kind, histories, this.#chosen, recency));
    this.#purchases = purchases;
    this.#histories = histories;
    this.#neighbours = histories && wanted('history_neighbours')
      ? neighboursOf(addon, slots, histories, settings) : null;
    const sources: (Source | null)[] = [
      this.#trending,
      wanted('recently_viewed') ? new RecentlyViewed(settings.recent) : null,
      this.#together,
      purchases && wanted('buy_again') ? new BuyAgain(slots, purchases, settings.buyAgain) : null,
      purchases && wanted('customer_neighbours')
        ? new CustomerNeighbours(slots, purchases, settings.customers) : null,
      this.#neighbours?.source ?? null,
      ...this.#pairs,
    ];
    this.list = sources.filter((source) => source !== null);
  }

  /** In memory, of what was learned. */
  get bytes(): number {
    const parts = [
      this.#trending, this.#together, this.#purchases, this.#histories, this.#chosen,
      this.#neighbours?.source, ...this.#pairs,
    ];
    return parts.reduce((sum, part) => sum + (part?.bytes ?? 0), 0);
  }

  /** A signal of interest, in views. */
  observe(row: number, weight: number): void {
    this.#trending?.observe(row, weight);
  }

  /** Each event once. */
  take(event: InterestEvent): void {
    this.#together?.take(event);
  }

  /** Each event of a known customer once. */
  credit(customer: string, event: InterestEvent): void {
    if (!this.#purchases && !this.#histories) return;
    const slot = this.#slots.take(customer);
    this.#purchases?.take(slot, event);
    if (this.#histories) for (const row of event.rows) this.#go(this.#histories, slot, row);
  }

  forget(customer: string): boolean {
    return this.#slots.forget(customer);
  }

  save(): Columns {
    return {
      ...this.#slots.save(), ...this.#trending?.save(), ...this.#together?.save(),
      ...this.#purchases?.save(), ...this.#histories?.save(),
      ...Object.assign({}, ...this.#pairs.map((pairs) => pairs.save())) as Columns,
      ...(this.#histories && { chosen: this.#chosen.save() }),
      ...(this.#neighbours && { historyIndex: this.#neighbours.index.save() }),
    };
  }

  /** What `save` gave with the same settings, before anything was learned. */
  load(saved: Columns): void {
    this.#slots.load(saved);
    this.#trending?.load(saved);
    this.#together?.load(saved);
    this.#purchases?.load(saved);
    this.#histories?.load(saved);
    for (const pairs of this.#pairs) pairs.load(saved);
    if (this.#histories) this.#chosen.load(saved['chosen'] as Float64Array);
    this.#neighbours?.index.restore(saved['historyIndex'] as Uint8Array);
  }

  #go(histories: Histories, slot: number, row: number): void {
    const before = histories.of(slot);
    if (!histories.push(slot, row)) return;
    this.#chosen.add(row, 1);
    for (const pairs of this.#pairs) pairs.learn(before, row);
    this.#neighbours?.index.append(slot, row);
  }

  #drop(slot: number): void {
    this.#purchases?.drop(slot);
    this.#histories?.drop(slot);
    this.#neighbours?.index.remove(slot);
  }
}

function neighboursOf(
  { SessionIndex }: Pick<Addon, 'SessionIndex'>,
  slots: CustomerSlots,
  histories: Histories,
  { historyNeighbours }: BlendSettings,
) {
  const index = new SessionIndex({ sessionItemsMax: 200, sessionsMax: STOREFRONT_LIMITS.historyCustomersMax });
  return { index, source: new HistoryNeighbours(index, slots, histories, historyNeighbours) };
}
