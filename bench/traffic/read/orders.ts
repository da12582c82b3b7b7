import { invoiceEvent, readInvoiceLine, whyLeftOut,
  type InvoiceLine } from '../../../server/store/import/online-retail.ts';
import { readCsv } from '../../../server/store/import/csv.ts';
import type { SeenVisit } from '../seen.ts';

const OPEN_MAX = 64; // invoices of one minute may have their lines mixed

/** Where most people of a country live, as far as clocks go. */
const ZONES: Readonly<Record<string, string>> = {
  GB: 'Europe/London', JE: 'Europe/London', IE: 'Europe/Dublin', DE: 'Europe/Berlin', FR: 'Europe/Paris',
  ES: 'Europe/Madrid', NL: 'Europe/Amsterdam', BE: 'Europe/Brussels', CH: 'Europe/Zurich', PT: 'Europe/Lisbon',
  NO: 'Europe/Oslo', IT: 'Europe/Rome', FI: 'Europe/Helsinki', SE: 'Europe/Stockholm', DK: 'Europe/Copenhagen',
  AT: 'Europe/Vienna', PL: 'Europe/Warsaw', GR: 'Europe/Athens', CY: 'Asia/Nicosia', IS: 'Atlantic/Reykjavik',
  CZ: 'Europe/Prague', LT: 'Europe/Vilnius', MT: 'Europe/Malta', IL: 'Asia/Jerusalem', LB: 'Asia/Beirut',
  AE: 'Asia/Dubai', SA: 'Asia/Riyadh', BH: 'Asia/Bahrain', JP: 'Asia/Tokyo', SG: 'Asia/Singapore',
  HK: 'Asia/Hong_Kong', AU: 'Australia/Sydney', US: 'America/New_York', CA: 'America/Toronto',
    BR: 'America/Sao_Paulo',
  ZA: 'Africa/Johannesburg', TH: 'Asia/Bangkok', KR: 'Asia/Seoul', NG: 'Africa/Lagos', BM: 'Atlantic/Bermuda',
};

/** UCI Online Retail: each invoice is a visit that ended in an order; what was cancelled is left out. */
export async function* readOrders(path: string): AsyncIterable<SeenVisit> {
  const open = new Map<string, InvoiceLine[]>(); // least recently added to first
  for await (const read of readCsv(path)) {
    const line = readInvoiceLine(read());
    if (whyLeftOut(line) !== null || line.invoice.startsWith('C')) continue;
    const lines = open.get(line.invoice) ?? [];
    lines.push(line);
    open.delete(line.invoice);
    open.set(line.invoice, lines);
    if (open.size <= OPEN_MAX) continue;
    const [first, oldest] = open.entries().next().value as [string, InvoiceLine[]];
    open.delete(first);
    yield visitOf(oldest);
  }
  for (const lines of open.values()) yield visitOf(lines);
}

function visitOf(lines: readonly InvoiceLine[]): SeenVisit {
  const { atMs, items, customer, country } = invoiceEvent(lines);
  const zone = country === undefined ? undefined : ZONES[country];
  const order = items.map(({ item, quantity, price = 0 }) => ({ item, quantity, price }));
  return {
    items: [...new Set(order.map(({ item }) => item))], order, startMs: atMs,
    wallMs: (lines[0] as InvoiceLine).wallMs, bought: true,
    ...(customer !== undefined && { customer }),
    ...(zone !== undefined && country !== undefined && { country, zone }),
  };
}
