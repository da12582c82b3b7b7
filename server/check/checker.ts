import { isZone } from '../core/zone.ts';
import { EVENT_TYPES } from '../wire/schema.ts';
import { Findings } from './findings.ts';
import type { Finding } from './findings.ts';
import { hashOf, HashSet } from './hash-set.ts';
import { ItemChecks } from './item-checks.ts';
import type { LooseEvent } from './loose-event.ts';
import { SessionChecks } from './session-checks.ts';
import { TimeProfile } from './time-profile.ts';

export interface CheckSetting {
  readonly nowMs: number;
  readonly zone: string; // the shop's: its nights are looked for in it
  readonly declared?: ((item: string) => boolean) | null; // whether the catalogue has it; null: there is none
}

export interface CheckReport {
  readonly events: number;
  readonly firstMs: number; // NaN: there are no times
  readonly lastMs: number;
  readonly findings: readonly Finding[];
}

const IDS_MAX = 20_000_000; // in 0.5 GB
const DAY_MS = 86_400_000;
const YEAR_1990_MS = Date.UTC(1990, 0, 1);
const YEAR_3000_MS = 32_503_680_000_000;
const TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);
const ABOUT_ITEMS = new Set([
  'item_click', 'item_view', 'wishlist_add', 'cart_add', 'cart_remove', 'purchase', 'refund',
]);
const EMAIL = /[^\s@]+@[^\s@]+\.[a-z]{2,}/i;

/**
 * Looks at events one after the other, in the order of their file, and says what is wrong with them. What
 * it remembers is bounded: ids as hashes, sessions that go on, items.
 */
export class Checker {
  readonly findings = new Findings();
  readonly #ids = new HashSet(IDS_MAX);
  readonly #sessions = new SessionChecks(this.findings);
  readonly #items: ItemChecks;
  readonly #times: TimeProfile;
  readonly #currencies = new Map<string, { count: number; line: number }>();
  #events = 0;
  #firstMs = NaN;
  #lastMs = NaN;

  constructor(private readonly setting: CheckSetting) {
    this.#items = new ItemChecks(this.findings, setting.declared ?? null);
    this.#times = new TimeProfile(setting.zone);
  }

  /** A row that is no event at all. */
  unreadable(line: number, why: string): void {
    this.#events += 1;
    this.findings.add('unreadable', line, why);
  }

  add(event: LooseEvent): void {
    const { findings } = this;
    const { line, type } = event;
    this.#events += 1;
    if (this.#isDuplicate(event)) return; // counted, and looked at when it came first
    this.#lookAtFields(event);
    if (event.session === '') findings.add('no-session', line, event.id || type);
    if (TYPES.has(type)) this.#items.add(event);
    const timed = this.#lookAtTime(event);
    if (!timed) return;
    this.#times.add(event.atMs);
    if (event.session !== '') this.#sessions.add(event);
  }

  report(): CheckReport {
    if (this.#events === 0) this.findings.put('empty', 1, 'no row, no line, no message that says anything');
    this.#sessions.tell();
    this.#items.tell();
    this.#times.tell(this.findings);
    this.#tellCurrencies();
    if (this.#ids.full) this.findings.put('too-many', this.#events - IDS_MAX, 'ids for duplicates');
    return {
      events: this.#events, firstMs: this.#firstMs, lastMs: this.#lastMs, findings: this.findings.list(this.#events),
    };
  }

  #isDuplicate(event: LooseEvent): boolean {
    if (event.id === '') return false;
    const content = hashOf(
      `${event.type} ${event.atMs} ${event.session} ${event.customer} ${JSON.stringify(event.items)}`) >>> 0;
    const before = this.#ids.put(event.id, content);
    if (before < 0) return false;
    const code = before === content ? 'duplicate' : 'id-conflict';
    this.findings.add(code, event.line, `'${event.id}'`);
    return true;
  }

  #lookAtFields(event: LooseEvent): void {
    const { findings } = this;
    const { line, type, items, currency } = event;
    if (!TYPES.has(type)) findings.add('no-type', line, type === '' ? 'none' : `'${type}'`);
    if (ABOUT_ITEMS.has(type) && !items.some(({ item }) => item !== '')) findings.add('no-item', line, type);
    for (const { item, quantity, price } of items) {
      if (price !== undefined && !(price >= 0 && price < Infinity)) {
        findings.add('negative-price', line, `'${item}' at ${price}`);
      }
      if (Number.isInteger(quantity) && quantity >= 1) continue;
      findings.add('bad-quantity', line, `${quantity} of '${item}'`);
    }
    if (type === 'purchase' && items.some(({ price }) => price === undefined)) {
      findings.add('purchase-without-price', line, event.id);
    }
    if (event.timeZone !== '' && !isZone(event.timeZone)) findings.add('zone-unknown', line, `'${event.timeZone}'`);
    if (event.customer === '') findings.add('no-customer', line, event.id || type);
    if (!event.consent) findings.add('no-consent', line, event.id || type);
    const personal = [event.customer, event.visitor, event.session, event.query].find((text) =>
      text.includes('@') && EMAIL.test(text));
    if (personal !== undefined) findings.add('personal-data', line, personal.replace(/[^@.]/g, 'x'));
    if (currency === '') return;
    const known = this.#currencies.get(currency);
    if (known) known.count += 1;
    else if (this.#currencies.size < 1000) this.#currencies.set(currency, { count: 1, line });
  }

  /** Whether the time can be used. */
  #lookAtTime({ line, atMs, rawTime }: LooseEvent): boolean {
    const { findings } = this;
    const shown = String(rawTime);
    if (!Number.isFinite(atMs)) findings.add('no-time', line, shown);
    else if (atMs >= YEAR_3000_MS) findings.add('time-unit', line, shown);
    else if (atMs < YEAR_1990_MS) findings.add(isSeconds(atMs) ? 'time-unit' : 'before-1990', line, shown);
    else {
      if (atMs > this.setting.nowMs + DAY_MS) {
        findings.add('future', line, new Date(atMs).toISOString());
        return false;
      }
      if (!(atMs >= this.#firstMs)) this.#firstMs = atMs; // also the first of all: before it is NaN
      if (!(atMs <= this.#lastMs)) this.#lastMs = atMs;
      return true;
    }
    return false;
  }

  #tellCurrencies(): void {
    if (this.#currencies.size < 2) return;
    const sorted = [...this.#currencies].sort((a, b) => b[1].count - a[1].count);
    const others = sorted.slice(1);
    const all = sorted.reduce((sum, [, { count }]) => sum + count, 0);
    const [name, { line }] = others[0]!;
    this.findings.put(
      'mixed-currencies', others.reduce((sum, [, { count }]) => sum + count, 0),
      `line ${line}: ${name}; most are ${sorted[0]![0]}`, 'events with a currency', all);
  }
}

/** Of a time of 1990 to 5138, read as milliseconds. */
function isSeconds(value: number): boolean {
  return value >= YEAR_1990_MS / 1000 && value < 1e11;
}
