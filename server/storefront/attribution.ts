import type { EventType, ShopEvent } from '../wire/schema.ts';
import { STOREFRONT_LIMITS } from './limits.ts';

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

interface Answer {
  readonly rows: Uint32Array;
  readonly stages: Uint8Array; // bits of the stages that each row has reached
}

/** Gives each answer an id, remembers the newest answers, and counts what the events echo. */
export class Attributions {
  readonly counts: AttributionCounts = {
    answers: 0, items: 0, impressions: 0, clicks: 0, cartAdds: 0, purchases: 0, revenue: 0,
    unknown: 0,
  };
  readonly #answers = new Map<string, Answer>(); // oldest first

  /** `start` sets the ids of this process apart from those of the last one. */
  constructor(
    private readonly start: string,
    private readonly rowOf: (item: string) => number | undefined,
    private readonly answersMax: number = STOREFRONT_LIMITS.answersMax,
  ) {}

  /** The id of an answer that shows these rows. */
  issue(rows: Uint32Array): string {
    this.counts.answers += 1;
    this.counts.items += rows.length;
    const id = `${this.start}-${this.counts.answers.toString(36)}`;
    this.#answers.set(id, { rows, stages: new Uint8Array(rows.length) });
    if (this.#answers.size > this.answersMax) {
      this.#answers.delete(this.#answers.keys().next().value as string);
    }
    return id;
  }

  count(event: ShopEvent): void {
    const stage = STAGES[event.type];
    if (event.attribution === undefined || stage === undefined) return;
    const answer = this.#answers.get(event.attribution);
    if (!answer) {
      this.counts.unknown += 1;
      return;
    }
    for (const { item, quantity, price } of event.items) {
      const row = this.rowOf(item);
      const at = row === undefined ? -1 : answer.rows.indexOf(row);
      if (at < 0 || (answer.stages[at] as number) & STAGE_BIT[stage]) continue;
      answer.stages[at]! |= STAGE_BIT[stage];
      this.counts[stage] += 1;
      if (stage === 'purchases') this.counts.revenue += (price ?? 0) * quantity;
    }
  }
}
