import type { EventType, ShopEvent } from '../wire/schema.ts';
import { type Answer, GivenAnswers } from './given-answers.ts';
import { STOREFRONT_LIMITS } from './limits.ts';
import type { LiveSession } from './session-state.ts';

/** What came of the answers that were given. Each item of each answer counts once a stage. */
export interface AttributionCounts {
  answers: number;
  items: number; // in those answers
  impressions: number;
  clicks: number;
  cartAdds: number;
  purchases: number;
  revenue: number; // price times quantity of those purchases, in the shop's currency
  unknown: number; // events that echo an attribution which was never given, or too long ago
}

type Stage = 'impressions' | 'clicks' | 'cartAdds' | 'purchases';
const STAGES: Readonly<Partial<Record<EventType, Stage>>> = {
  list_view: 'impressions',
  item_click: 'clicks',
  item_view: 'clicks', // a shop may send either; the item counts once
  cart_add: 'cartAdds',
  purchase: 'purchases',
};
const STAGE_BIT: Readonly<Record<Stage, number>> = {
  impressions: 1,
  clicks: 2,
  cartAdds: 4,
  purchases: 8,
};

/** The newest click of a session, or of a customer over all of theirs, on an item of an answer. */
interface Click {
  readonly answer: Answer;
  readonly atMs: number;
}

/**
 * Gives each answer an id, remembers the newest answers, and counts what the events echo. Cart and
 * purchase need no echo: they are credited to the last click on the item that had one, of the session
 * or of its customer, if that is at most `attributionMsMax` old. Looking at the item without an echo
 * takes nothing away.
 */
export class Attributions {
  readonly counts: AttributionCounts = {
    answers: 0, items: 0, impressions: 0, clicks: 0, cartAdds: 0, purchases: 0, revenue: 0,
    unknown: 0,
  };
  readonly #answers: GivenAnswers;
  readonly #clicks = new Map<string, Click>(); // by who and row, oldest first

  /** `start` sets the ids of this process apart from those of the last one. */
  constructor(
    private readonly start: string,
    private readonly rowOf: (item: string) => number | undefined,
    private readonly answersMax: number = STOREFRONT_LIMITS.answersMax,
  ) {
    this.#answers = new GivenAnswers(answersMax);
  }

  /** The id of an answer that shows these rows; `tag` is what stands at its end, from a `~` on. */
  issue(rows: Uint32Array, tag = ''): string {
    this.counts.answers += 1;
    this.counts.items += rows.length;
    return this.#idOf(this.#answers.add(rows, tag), tag);
  }

  #idOf(number: number, tag: string): string {
    return `${this.start}-${number.toString(36)}${tag}`;
  }

  #answer(id: string): Answer | undefined {
    const from = this.start.length + 1;
    const end = id.indexOf('~', from);
    const number = parseInt(id.slice(from, end < 0 ? undefined : end), 36);
    const tag = end < 0 ? '' : id.slice(end);
    return this.#idOf(number, tag) === id ? this.#answers.get(number, tag) : undefined;
  }

  /** `customer`: whose session the event is part of, where that is known. */
  count(event: ShopEvent, customer = event.customer): void {
    const stage = STAGES[event.type];
    if (stage === undefined) return;
    const echoed = event.attribution === undefined ? null : this.#answer(event.attribution);
    if (echoed === undefined) {
      this.counts.unknown += 1;
      return;
    }
    for (const { item, quantity, price } of event.items) {
      const row = this.rowOf(item);
      if (row === undefined) continue;
      const answer = echoed ?? this.#clicked(event, stage, row, customer);
      const at = answer ? answer.rows.indexOf(row) : -1;
      if (!answer || at < 0) continue;
      if (echoed && stage === 'clicks') this.#click(event, row, echoed, customer);
      if ((answer.stages[at] as number) & STAGE_BIT[stage]) continue;
      answer.stages[at]! |= STAGE_BIT[stage];
      this.counts[stage] += 1;
      if (stage === 'purchases') this.counts.revenue += (price ?? 0) * quantity;
    }
  }

  /** A session turns out to be a customer's: its clicks are theirs from now on. */
  join(session: Pick<LiveSession, 'id' | 'rows'>, customer: string): void {
    if (this.#clicks.size === 0) return;
    for (const row of session.rows) {
      const click = this.#clicks.get(sessionKey(session.id, row));
      if (click) this.#put(customerKey(customer, row), click);
    }
  }

  /** The answer that a cart or purchase without an echo is credited to. */
  #clicked(
    { session, atMs }: ShopEvent, stage: Stage, row: number, customer: string | undefined,
  ): Answer | undefined {
    if (stage !== 'cartAdds' && stage !== 'purchases') return undefined;
    const own = this.#clicks.get(sessionKey(session, row));
    const other = customer === undefined ? undefined : this.#clicks.get(customerKey(customer, row));
    const recent = [own, other].filter((click) => click && isRecent(click.atMs, atMs)) as Click[];
    return recent.sort((a, b) => b.atMs - a.atMs)[0]?.answer;
  }

  #click({ session, atMs }: ShopEvent, row: number, answer: Answer, customer: string | undefined): void {
    this.#put(sessionKey(session, row), { answer, atMs });
    if (customer !== undefined) this.#put(customerKey(customer, row), { answer, atMs });
  }

  #put(key: string, click: Click): void {
    const before = this.#clicks.get(key);
    if (before && before.atMs > click.atMs) return;
    this.#clicks.delete(key); // what is set again stands last
    this.#clicks.set(key, click);
    if (this.#clicks.size <= this.answersMax) return;
    this.#clicks.delete(this.#clicks.keys().next().value as string);
  }
}

/** Whether a click may be credited with what came at `atMs`. Pure. */
export function isRecent(clickMs: number, atMs: number): boolean {
  return atMs >= clickMs && atMs - clickMs <= STOREFRONT_LIMITS.attributionMsMax;
}

/** An id has no control characters. */
function sessionKey(session: string, row: number): string {
  return `${row}\n${session}`;
}

function customerKey(customer: string, row: number): string {
  return `${row}\t${customer}`;
}
