import { Prng } from '../core/prng.ts';
import type { EventItem, ShopEvent } from '../wire/schema.ts';
import { DAY_MS } from './calendar.ts';
import type { DemoItem } from './catalogue.ts';
import { betaDraw, gammaDraw } from '../core/draws.ts';

export interface BuyersOptions {
  readonly seed: number;
  readonly customers: number;
  readonly endMs: number;
  readonly days: number; // of history before `endMs`
}

/** Demand by month beside the mean: a gift season before Christmas, a lull after it and in summer. */
const MONTHS = [0.75, 0.85, 0.95, 1, 1, 0.95, 0.85, 0.85, 1, 1.1, 1.35, 1.4];
const MONTH_MAX = 1.4;

/**
 * Months of purchases by people who come back, for models of when they do: each has a pace, a
 * regularity, hours and weekdays, a purse, and a chance to leave for good after each purchase.
 * Newcomers arrive all the time. Only purchases: visits are the simulator's. In order of time.
 */
export function simulateBuyers(
  catalogue: readonly DemoItem[], options: BuyersOptions,
): ShopEvent[] {
  const { seed, customers, endMs, days } = options;
  const events: ShopEvent[] = [];
  for (let number = 1; number <= customers; number += 1) {
    const prng = new Prng(seed * 1_000_003 + number);
    const buyer = makeBuyer(prng);
    const customer = `buyer-${seed}-${String(number).padStart(5, '0')}`;
    let atDay = prng.float() * days;
    for (let count = 1; atDay < days; count += 1) {
      const atMs = moment(prng, buyer, endMs - (days - atDay) * DAY_MS);
      if (atMs >= endMs) break;
      const session = `${customer}-${count}`;
      events.push({
        id: `${session}-1`, type: 'purchase', atMs, session, customer,
        items: basket(prng, buyer, catalogue),
      });
      if (prng.float() < buyer.leaves) break;
      atDay = nextDay(prng, buyer, atDay, endMs - days * DAY_MS);
    }
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

interface Buyer {
  readonly gapDays: number; // mean
  readonly regularity: number; // 1 is chance; larger is evener
  readonly leaves: number;
  readonly hour: number;
  readonly weekday: number; // liked best
  readonly purse: number; // of a typical purchase
  readonly many: number; // items in a basket, about
}

function makeBuyer(prng: Prng): Buyer {
  return {
    gapDays: Math.min(200, 7 + 28 / Math.max(0.15, gammaDraw(prng, 1.6) / 1.6)),
    regularity: prng.float() < 0.5 ? 1 : 2 + prng.below(4),
    leaves: betaDraw(prng, 0.7, 2.2),
    hour: Math.min(23, Math.max(6, Math.round(16 + 4 * prng.normal()))),
    weekday: prng.below(7),
    purse: 60 * Math.exp(0.6 * prng.normal()),
    many: 1 + prng.below(3),
  };
}

/** Gaps are Erlang's; a purchase that falls into a quiet month is put off by some days. */
function nextDay(prng: Prng, buyer: Buyer, atDay: number, startMs: number): number {
  let day = atDay + 1 +
    (buyer.gapDays * gammaDraw(prng, buyer.regularity)) / buyer.regularity;
  for (let tries = 0; tries < 5; tries += 1) {
    const month = new Date(startMs + day * DAY_MS).getUTCMonth();
    if (prng.float() * MONTH_MAX < (MONTHS[month] as number) + 0.4) break;
    day += 1 + 6 * prng.float();
  }
  return day;
}

/** Within a few days of when it was due: at the liked weekday more often than not, near the hour. */
function moment(prng: Prng, buyer: Buyer, dueMs: number): number {
  let day = Math.floor(dueMs / DAY_MS);
  if (prng.float() < 0.5) day += (buyer.weekday - ((((day + 4) % 7) + 7) % 7) + 7) % 7;
  const hour = Math.min(23, Math.max(0, Math.round(buyer.hour + 1.5 * prng.normal())));
  return day * DAY_MS + hour * 3_600_000 + Math.floor(prng.float() * 3_600_000);
}

function basket(prng: Prng, buyer: Buyer, catalogue: readonly DemoItem[]): EventItem[] {
  const lines = new Map<string, EventItem>();
  const want = Math.max(1, Math.round(buyer.many * (0.5 + prng.float())));
  for (let i = 0; i < want; i += 1) {
    // Of a few at random, the one that fits the purse best.
    const target = (buyer.purse / want) * Math.exp(0.3 * prng.normal());
    const offered = [0, 1, 2, 3].map(() => prng.pick(catalogue));
    const off = (item: DemoItem): number => Math.abs(Math.log(item.price / target));
    const item = offered.reduce((a, b) => (off(b) < off(a) ? b : a));
    const before = lines.get(item.id)?.quantity ?? 0;
    lines.set(item.id, { item: item.id, quantity: before + 1, price: item.price });
  }
  return [...lines.values()];
}
