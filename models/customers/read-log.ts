import { readCsv } from '../../server/store/import/csv.ts';
import type { Fields } from '../../server/store/import/fields.ts';
import { DAY_MS, purchaseLog, type PurchaseLog, type PurchaseRow } from './purchases.ts';

/** CDNOW's master or sample file: customer, date, CDs, dollars; days without a clock. */
export async function readCdnow(path: string): Promise<PurchaseLog> {
  const rows: PurchaseRow[] = [];
  for await (const next of readCsv(path)) {
    const row = next();
    rows.push({
      customer: row.text('customer_id'),
      day: dayOf(row.text('date')),
      amount: row.number('amount_usd'),
      units: row.number('quantity'),
      kinds: 1, // the file says how many, not which
    });
  }
  return purchaseLog('cdnow', rows);
}

/**
 * UCI Online Retail, cleaned as is usual: lines of known customers, no cancellations, something
 * positive at a positive price. An invoice is one purchase.
 */
export async function readOnlineRetail(path: string): Promise<PurchaseLog> {
  const invoices = new Map<string, Invoice>();
  for await (const next of readCsv(path)) {
    const row = next();
    if (!row.has('CustomerID') || row.text('InvoiceNo').startsWith('C')) continue;
    const pieces = row.number('Quantity');
    const price = row.number('UnitPrice');
    if (pieces <= 0 || price <= 0) continue;
    const invoice = invoices.get(row.text('InvoiceNo')) ?? newInvoice(row);
    invoices.set(row.text('InvoiceNo'), invoice);
    invoice.amount += pieces * price;
    invoice.units += pieces;
    invoice.codes.add(row.text('StockCode'));
  }
  const rows = [...invoices.values()].map(({ codes, ...rest }) => ({ ...rest, kinds: codes.size }));
  return purchaseLog('online-retail', rows);
}

interface Invoice {
  readonly customer: string;
  readonly day: number;
  readonly moment: number;
  amount: number;
  units: number;
  readonly codes: Set<string>;
}

function newInvoice(row: Fields): Invoice {
  const moment = Date.parse(`${row.text('InvoiceDate')}Z`); // the shop's own clock, as if UTC
  const day = Math.floor(moment / DAY_MS);
  return {
    customer: row.text('CustomerID'), day, moment, amount: 0, units: 0, codes: new Set(),
  };
}

/** `1997-01-31` as days since 1970-01-01. */
export function dayOf(date: string): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}
