import type { Store } from '../../../store/store.ts';
import type { Placement, ShopEvent } from '../../../wire/schema.ts';
import { Crediting } from '../../crediting.ts';
import { Customers } from '../../customer-state.ts';
import { INTEREST } from '../../interest.ts';
import { STOREFRONT_LIMITS } from '../../limits.ts';
import { Sessions } from '../../session-state.ts';
import { HELD_OUT_SHARE } from '../past-sessions.ts';
import type { InterestEvent, RetrievalQuery } from '../retriever.ts';
import { Visits } from '../visits.ts';

const QUESTIONS_MAX = 3000; // of a placement, evenly spread
const TARGETS_MAX = 200; // of one question

/** What would be asked at a placement, and what was chosen then. */
export interface Question {
  readonly query: Omit<RetrievalQuery, 'k'>;
  readonly targets: ReadonlySet<number>; // rows, at least one
}

/** A store's log, cut in time. */
export interface HeldOut {
  /** What is learned from, in order of arrival; who is known is told after the event itself. */
  readonly learned: readonly Told[];
  readonly questions: Readonly<Partial<Record<Placement, readonly Question[]>>>;
  /** Of what known customers chose after the cut, the share that they had bought before. */
  readonly boughtBefore: number;
  /** What a customer had bought before the cut. */
  boughtBy(customer: string | undefined): ReadonlySet<number>;
}

/** An event of interest, or the credit for it. */
export interface Told {
  readonly session: number;
  readonly customer: string | undefined; // credited to, where it is a credit
  readonly event: InterestEvent;
}

/**
 * Cuts a store's log before its newest 5 %. After the cut are asked: at `home` the next session of each
 * customer known before, for `email` all that they bought, at `product` each item of a session after the
 * one before it, in the `cart` one item of each order by the others.
 */
export function holdOut(store: Store, sessionMinutesMax: number): HeldOut {
  const rowOf = (item: string) => store.item(item)?.row;
  const cutMs = cutTime(store);
  const learned: Told[] = [];
  const customers = new Customers(rowOf);
  const later = new Later();
  const interest = ({ type, atMs, items }: ShopEvent): InterestEvent =>
    ({ type, atMs, rows: items.map(({ item }) => rowOf(item)).filter((row) => row !== undefined) });
  const sessions = new Sessions(sessionMinutesMax * 60_000, rowOf);
  const crediting = new Crediting(sessions, (customer, event) => {
    if (event.atMs >= cutMs) return;
    customers.take(customer, event);
    if (teaches(event)) learned.push({ session: -1, customer, event: interest(event) });
  });
  for (const { event } of store.events()) {
    const session = crediting.take(event);
    if (!session || !teaches(event)) continue;
    const told = { session: session.key, customer: undefined, event: interest(event) };
    if (event.atMs < cutMs) learned.push(told);
    else later.take(session.key, event.customer ?? session.customer, told.event);
  }
  return later.asked(learned, customers);
}

/** The time that the newest share of all events of interest is from; Infinity for an empty log. */
function cutTime(store: Store): number {
  const times: number[] = [];
  for (const { event } of store.events()) if (teaches(event)) times.push(event.atMs);
  const sorted = Float64Array.from(times).sort();
  return sorted[Math.floor(sorted.length * (1 - HELD_OUT_SHARE))] ?? Infinity;
}

function teaches({ type, consent }: ShopEvent): boolean {
  return INTEREST[type] > 0 && consent !== false;
}

/** What happened after the cut, as it will be asked. */
class Later {
  readonly #next = new Map<string, { session: number; rows: Set<number> }>(); // by customer
  readonly #bought = new Map<string, Set<number>>(); // by customer
  readonly #orders: { readonly customer: string | undefined; readonly rows: readonly number[] }[] = [];
  readonly #steps: { readonly from: number; readonly to: number }[] = [];
  readonly #visits = new Visits();

  take(session: number, customer: string | undefined, { type, rows }: InterestEvent): void {
    for (const row of rows) {
      const from = this.#visits.last(session);
      const isNew = this.#visits.isNew(session, row, INTEREST[type]);
      if (isNew && rows.length === 1 && from !== 0xffff_ffff) this.#steps.push({ from, to: row });
    }
    if (type === 'purchase' && rows.length > 1) this.#orders.push({ customer, rows: [...new Set(rows)] });
    if (customer === undefined) return;
    const next = this.#next.get(customer) ?? { session, rows: new Set<number>() };
    this.#next.set(customer, next);
    if (next.session === session) for (const row of rows) next.rows.add(row);
    if (type !== 'purchase') return;
    const bought = this.#bought.get(customer) ?? new Set<number>();
    this.#bought.set(customer, bought);
    for (const row of rows) bought.add(row);
  }

  asked(learned: readonly Told[], customers: Customers): HeldOut {
    const ask = (customer: string, rows: ReadonlySet<number>): Question[] => {
      const known = customers.get(customer);
      if (!known || known.rows.length === 0 || rows.size === 0) return [];
      const recent = Uint32Array.from(known.rows);
      const targets = new Set([...rows].slice(0, TARGETS_MAX));
      return [{ query: { items: recent, recent, customer }, targets }];
    };
    const home = [...this.#next].flatMap(([customer, { rows }]) => ask(customer, rows));
    const email = [...this.#bought].flatMap(([customer, rows]) => ask(customer, rows));
    const cart = this.#orders.filter(({ rows }) => rows.length > 1).map(({ customer, rows }, i) => {
      const out = rows[i % rows.length] as number;
      const items = Uint32Array.from(rows.filter((row) => row !== out));
      const { queryItemsMax } = STOREFRONT_LIMITS;
      return { query: { items: items.subarray(-queryItemsMax), customer }, targets: new Set([out]) };
    });
    const product = this.#steps.map(({ from, to }) =>
      ({ query: { items: Uint32Array.of(from) }, targets: new Set([to]) }));
    const boughtBy = (customer: string | undefined): ReadonlySet<number> =>
      new Set(customers.get(customer)?.bought.keys());
    return {
      learned,
      questions: { home: some(home), email: some(email), cart: some(cart), product: some(product) },
      boughtBefore: shareBefore(home, boughtBy),
      boughtBy,
    };
  }
}

function shareBefore(
  questions: readonly Question[], boughtBy: HeldOut['boughtBy'],
): number {
  let [before, all] = [0, 0];
  for (const { query, targets } of questions) {
    const bought = boughtBy(query.customer);
    for (const row of targets) if (bought.has(row)) before += 1;
    all += targets.size;
  }
  return all === 0 ? 0 : before / all;
}

function some(questions: readonly Question[]): readonly Question[] {
  const step = Math.max(1, questions.length / QUESTIONS_MAX);
  const count = Math.min(questions.length, QUESTIONS_MAX);
  return Array.from({ length: count }, (_, i) => questions[Math.floor(i * step)] as Question);
}
