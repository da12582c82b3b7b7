import { readCsv } from '../../../../store/import/csv.ts';

export interface Basket {
  readonly customer: string;
  readonly atMs: number;
  readonly items: readonly string[]; // none twice
}

/** One customer's purchases up to the cut, and what the next one held. */
export interface BasketQuestion {
  readonly customer: number; // of `NextBasket.histories`
  readonly target: ReadonlySet<number>; // rows, at least one
}

export interface PastBasket {
  readonly ageDays: number; // whole days before the cut, as the reference counts them
  readonly rows: readonly number[];
}

/** Purchases cut in time: the models see `histories`, and are asked the first basket after them. */
export interface NextBasket {
  readonly itemCount: number; // sold before the cut; rows ascend with the codes
  readonly histories: readonly (readonly PastBasket[])[]; // by customer
  readonly questions: readonly BasketQuestion[];
  readonly codes: readonly string[]; // of items, by row
  readonly customers: readonly string[]; // by number
}

const DAY_MS = 86_400_000;

/** Invoices of UCI Online Retail with a customer: goods sold, no cancellations, in file order. */
export async function readInvoices(path: string): Promise<Basket[]> {
  const open = new Map<string, { customer: string; atMs: number; items: Set<string> }>();
  for await (const read of readCsv(path)) {
    const row = read();
    if (!row.has('CustomerID')) continue;
    const invoice = row.text('InvoiceNo');
    const code = row.text('StockCode');
    if (invoice.startsWith('C') || !/^\d{5}/.test(code)) continue;
    if (!(row.number('Quantity') > 0) || !(row.number('UnitPrice') > 0)) continue;
    const atMs = Date.parse(`${row.text('InvoiceDate')}Z`); // the shop's clock, read as if UTC
    const basket = open.get(invoice) ??
      { customer: row.text('CustomerID'), atMs, items: new Set<string>() };
    basket.items.add(code);
    open.set(invoice, basket);
  }
  return [...open.values()].map((basket) => ({ ...basket, items: [...basket.items] }));
}

/** Cuts after `cutMs`; asks for baskets up to `endMs`, of known customers and known items. Pure. */
export function cutBaskets(baskets: readonly Basket[], cutMs: number, endMs: number): NextBasket {
  const past = baskets.filter(({ atMs }) => atMs <= cutMs);
  const codes = [...new Set(past.flatMap(({ items }) => items))].sort();
  const rows = new Map(codes.map((code, row) => [code, row]));
  const histories = new Map<string, PastBasket[]>();
  for (const { customer, atMs, items } of past) {
    const history = histories.get(customer) ?? [];
    const ageDays = Math.floor((cutMs - atMs) / DAY_MS);
    history.push({ ageDays, rows: items.map((code) => rows.get(code) as number) });
    histories.set(customer, history);
  }
  const numbers = new Map([...histories.keys()].map((customer, at) => [customer, at]));
  const asked = new Map<number, Set<number>>();
  const later = baskets.filter(({ atMs }) => atMs > cutMs && atMs <= endMs);
  for (const { customer, items } of later.sort((a, b) => a.atMs - b.atMs)) {
    const number = numbers.get(customer);
    const known = items.flatMap((code) => rows.get(code) ?? []);
    if (number === undefined || known.length === 0 || asked.has(number)) continue;
    asked.set(number, new Set(known));
  }
  return {
    itemCount: codes.length,
    histories: [...histories.values()],
    codes,
    customers: [...histories.keys()],
    questions: Array.from(asked, ([customer, target]) => ({ customer, target })),
  };
}
