import { readFileSync } from 'node:fs';
import { ServeError } from '../core/errors.ts';
import { fileTrouble } from '../core/file-trouble.ts';
import type { ShopEvent } from '../wire/schema.ts';

const DAY_MS = 86_400_000;
const RATE_DAYS_MAX = 31; // an older rate says nothing of the day

/** Rates of one currency, oldest first. */
interface Rates {
  readonly days: number[]; // since 1970, UTC
  readonly rates: number[]; // what one is worth, in the shop's currency
}

/**
 * Prices of other currencies in the shop's. A rate holds from its day (UTC) until the next one, 31 days at
 * most. Where there is none the event loses its prices: what happened stays, and sums are never of
 * mixed currencies.
 */
export class Currencies {
  readonly counts = { converted: 0, unpriced: 0 };

  private constructor(readonly shop: string, private readonly rates: ReadonlyMap<string, Rates>) {}

  /**
   * `shop`: three letters of ISO 4217; empty: null, prices are taken as they are. `file`: CSV of `date`,
   * `currency`, `rate`, in any order of rows; empty: there are no rates. Fails with `bad_argument` naming
   * the line.
   */
  static open(shop: string, file: string): Currencies | null {
    if (shop === '') return null;
    if (!/^[A-Z]{3}$/.test(shop)) {
      throw new ServeError('bad_argument', `currency '${shop}': expected three capital letters, as in ISO 4217`);
    }
    return new Currencies(shop, file === '' ? new Map() : parseRates(readRates(file), file));
  }

  /** For tests, and whoever has rates in another form: lines as in the file. */
  static of(shop: string, text: string): Currencies {
    return new Currencies(shop, parseRates(text, 'rates'));
  }

  /** What one of a currency is worth in the shop's at that time; NaN where nobody knows. */
  rate(currency: string, atMs: number): number {
    if (currency === this.shop) return 1;
    const known = this.rates.get(currency);
    if (!known) return NaN;
    const day = Math.floor(atMs / DAY_MS);
    let [low, high] = [0, known.days.length]; // the first that is later than the day
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((known.days[middle] as number) <= day) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || day - (known.days[low - 1] as number) > RATE_DAYS_MAX) return NaN;
    return known.rates[low - 1] as number;
  }

  /** The events with their prices in the shop's currency; `currency` still says what was paid in. */
  admit(events: readonly ShopEvent[]): readonly ShopEvent[] {
    return events.some(({ currency }) => currency !== undefined) ? events.map((one) => this.#admit(one)) : events;
  }

  #admit(event: ShopEvent): ShopEvent {
    const { currency, ...rest } = event;
    if (currency === undefined) return event;
    if (currency === this.shop) return rest;
    const rate = this.rate(currency, event.atMs);
    this.count(rate);
    const items = event.items.map(({ item, quantity, price, discount }) => ({
      item, quantity,
      ...(price !== undefined && rate > 0 && { price: inShops(price, rate) }),
      ...(discount !== undefined && rate > 0 && { discount: inShops(discount, rate) }),
    }));
    return { ...event, items };
  }

  count(rate: number): void {
    if (rate > 0) this.counts.converted += 1;
    else this.counts.unpriced += 1;
  }
}

/** To a ten-thousandth: what is beyond it is no money. */
export function inShops(price: number, rate: number): number {
  return Math.round(price * rate * 1e4) / 1e4;
}

function readRates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ServeError('bad_argument', fileTrouble(cause) ?? `rates: ${(cause as Error).message}`, { cause });
  }
}

function parseRates(text: string, path: string): Map<string, Rates> {
  const rows: { day: number; currency: string; rate: number }[] = [];
  text.replace(/^\ufeff/, '').split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || (i === 0 && /^date,currency,rate$/i.test(line.trim()))) return;
    const [date = '', currency = '', rate = '', ...more] = line.split(',').map((part) => part.trim());
    const day = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) / DAY_MS : NaN;
    const worth = Number(rate);
    if (!(day >= 0) || !/^[A-Z]{3}$/.test(currency) || !(worth > 0 && worth < Infinity) || more.length > 0) {
      throw new ServeError(
        'bad_argument', `${path} line ${i + 1}: expected date,currency,rate as in 2026-11-23,USD,0.92`);
    }
    rows.push({ day, currency, rate: worth });
  });
  const rates = new Map<string, Rates>();
  for (const { day, currency, rate } of rows.sort((a, b) => a.day - b.day)) {
    let known = rates.get(currency);
    if (!known) rates.set(currency, (known = { days: [], rates: [] }));
    known.days.push(day);
    known.rates.push(rate);
  }
  return rates;
}
