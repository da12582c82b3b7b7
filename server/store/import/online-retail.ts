import type { EventItem, ShopEvent } from '../../wire/schema.ts';
import type { Item, Store } from '../store.ts';
import { countryCode } from './countries.ts';
import { readCsv } from './csv.ts';
import type { Fields } from './fields.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';
import { utcMs } from './zoned-time.ts';

/** The shop's own: the file has local times and no zone. */
export const ONLINE_RETAIL_ZONE = 'Europe/London';
const OPEN_INVOICES_MAX = 64; // two invoices of one minute may have their lines mixed
const BATCH_EVENTS = 500;

/** Codes of what is on an invoice and is not for sale: carriage, fees, discounts, corrections. */
const NOT_GOODS = /^(POST|DOT|C2|D|M|S|B|CRUK|BANK CHARGES|AMAZONFEE|GIFT_.*|ADJUST.*|TEST.*)$/;

/** The column names of the two publications of this data set (UCI 352 and UCI 502). */
const COLUMNS = {
  invoice: ['InvoiceNo', 'Invoice'],
  code: ['StockCode'],
  title: ['Description'],
  quantity: ['Quantity'],
  date: ['InvoiceDate'],
  price: ['UnitPrice', 'Price'],
  customer: ['CustomerID', 'Customer ID'],
  country: ['Country'],
} as const;

/** One line of an invoice, checked. */
export interface InvoiceLine {
  readonly invoice: string;
  readonly code: string;
  readonly title: string;
  readonly quantity: number; // negative on a cancellation
  readonly wallMs: number; // the shop's own clock, read as if it were UTC
  readonly price: number; // of one, GBP
  readonly customer: string | undefined;
  readonly country: string | undefined; // ISO 3166-1
}

/**
 * Reads UCI Online Retail. An invoice becomes one purchase, a cancellation (`C…`) one refund, with
 * ids made of its number: a second import adds nothing. Lines of the same item and price are added
 * up. What is left out, and why, is in the summary and in README.md.
 */
export async function importOnlineRetail(
  store: Store,
  path: string,
  options: ImportOptions,
): Promise<ImportSummary> {
  const tally = new Tally(options);
  const open = new Map<string, InvoiceLine[]>(); // least recently added to first
  const done = new Set<string>();
  const sold = new Map<string, Item>();
  let batch: ShopEvent[] = [];

  const finish = (invoice: string): void => {
    batch.push(invoiceEvent(open.get(invoice) as InvoiceLine[]));
    open.delete(invoice);
    done.add(invoice);
  };
  const flush = async (): Promise<void> => {
    const { accepted, duplicates } = await store.append(batch);
    tally.events += accepted.length;
    tally.duplicates += duplicates;
    batch = [];
  };
  const take = (fields: Fields): void => {
    const line = readInvoiceLine(fields);
    if (line.wallMs > (options.untilMs ?? Infinity)) return tally.skip('after --until');
    const reason = whyLeftOut(line);
    if (reason !== null) return tally.skip(reason);
    if (done.has(line.invoice)) fields.fail('InvoiceNo', 'next to the other lines of its invoice');
    if (line.quantity > 0) sold.set(line.code, soldItem(line, store));
    const lines = open.get(line.invoice) ?? [];
    lines.push(line);
    open.delete(line.invoice);
    open.set(line.invoice, lines);
    if (open.size > OPEN_INVOICES_MAX) finish(open.keys().next().value as string);
  };

  for await (const row of readCsv(path)) {
    tally.row(() => take(row()));
    if (batch.length >= BATCH_EVENTS) await flush();
  }
  for (const invoice of [...open.keys()]) finish(invoice);
  await flush();
  await store.putItems([...sold.values()]);
  tally.items = sold.size;
  return tally.summary;
}

/** Why a line is no sale and no return of goods; null when it is one. Pure. */
export function whyLeftOut(line: InvoiceLine): string | null {
  const { invoice, code, quantity, price } = line;
  if (!/^C?\d+$/.test(invoice)) return 'accounting entry (invoice A…)';
  if (NOT_GOODS.test(code)) return 'carriage, fee, discount or manual entry, no goods';
  if (price <= 0) return 'no price: stock adjustment or sample';
  if (quantity === 0 || quantity < 0 !== invoice.startsWith('C')) {
    return 'quantity of the wrong sign: stock adjustment';
  }
  return null;
}

/** Purchase or refund of one invoice's lines, of which there is at least one. Pure. */
export function invoiceEvent(lines: readonly InvoiceLine[]): ShopEvent {
  const { invoice, wallMs, customer, country } = lines[0] as InvoiceLine;
  const items = new Map<string, EventItem>();
  for (const { code, quantity, price } of lines) {
    const key = `${code} ${price}`;
    const before = items.get(key)?.quantity ?? 0;
    items.set(key, { item: code, quantity: before + Math.abs(quantity), price });
  }
  return {
    id: `online-retail-${invoice}`,
    type: invoice.startsWith('C') ? 'refund' : 'purchase',
    atMs: utcMs(wallMs, ONLINE_RETAIL_ZONE), // of its first line: 2,025 lines were added a minute later
    session: `invoice-${invoice}`,
    items: [...items.values()],
    timeZone: ONLINE_RETAIL_ZONE,
    ...(customer !== undefined && { customer }),
    ...(country !== undefined && { country }),
  };
}

/** One row of the file. Fails with `bad_argument` naming line and field. */
export function readInvoiceLine(fields: Fields): InvoiceLine {
  const column = (names: readonly string[]): string =>
    names.find((name) => fields.has(name)) ?? (names[0] as string);
  const customer = column(COLUMNS.customer);
  const country = column(COLUMNS.country);
  return {
    invoice: fields.id(column(COLUMNS.invoice)).toUpperCase(),
    code: fields.id(column(COLUMNS.code)).trim().toUpperCase(), // 85123a is 85123A
    title: fields.text(column(COLUMNS.title)).replace(/\s+/g, ' ').trim(),
    quantity: fields.integer(column(COLUMNS.quantity)),
    wallMs: readWallMs(fields, column(COLUMNS.date)),
    price: fields.number(column(COLUMNS.price)),
    // Some copies went through a table with gaps, which made the numbers floats: 17850.0.
    customer: fields.has(customer) ? fields.id(customer).replace(/\.0$/, '') : undefined,
    country: fields.has(country) ? countryCode(fields.text(country)) : undefined,
  };
}

/** `2010-12-01T08:26:00`, with a blank for the T, or `12/1/2010 8:26`: the copies differ. */
function readWallMs(fields: Fields, name: string): number {
  const text = fields.text(name);
  const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  const us = /^(\d\d?)\/(\d\d?)\/(\d{4}) (\d\d?):(\d\d)$/.exec(text);
  const parts = iso?.slice(1) ?? (us ? [us[3], us[1], us[2], us[4], us[5]] : null);
  if (!parts) return fields.fail(name, 'a date and time as in 2010-12-01T08:26:00');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24;
  return exists ? ms : fields.fail(name, 'a date and time that exist');
}

/** As it was sold last. What a catalogue has said of the item stays, but for the price. */
function soldItem(line: InvoiceLine, store: Store): Item {
  const { code, title, price } = line;
  const known = store.item(code);
  if (known && known.title !== known.id) return { ...known, price };
  return { id: code, title: title || code, categories: [], price, inStock: true };
}
