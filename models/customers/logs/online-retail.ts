import { readCsv } from '../../../server/store/import/csv.ts';
import {
  invoiceEvent, ONLINE_RETAIL_ZONE as ZONE, readInvoiceLine, type InvoiceLine,
} from '../../../server/store/import/online-retail.ts';
import { endOfDay } from './days.ts';
import { inTimeOrder, type ShopLog } from './shop-log.ts';

const LAST_DAY = '2011-12-09';

/**
 * Reads UCI Online Retail as a log of known customers: an invoice is a purchase, a cancellation a
 * refund. Cleaned as the reference scores are: what has no customer, no price above 0 or a quantity
 * of the wrong sign is left out; carriage and fees stay, unlike in `vitrine import`. Reference scores
 * know no refunds: `refunds: false` leaves them out as well.
 */
export async function readOnlineRetail(
  path: string, { refunds = true }: { readonly refunds?: boolean } = {},
): Promise<ShopLog> {
  const invoices = new Map<string, InvoiceLine[]>();
  const leftOut: Record<string, number> = {};
  for await (const row of readCsv(path)) {
    const line = readInvoiceLine(row());
    const why = whyLeftOut(line, refunds);
    if (why !== null) leftOut[why] = (leftOut[why] ?? 0) + 1;
    else {
      const lines = invoices.get(line.invoice);
      if (lines) lines.push(line);
      else invoices.set(line.invoice, [line]);
    }
  }
  const events = [...invoices.values()].map(invoiceEvent);
  return {
    name: 'online-retail', events: inTimeOrder(events), timeZone: ZONE, leftOut,
    endMs: endOfDay(LAST_DAY, ZONE),
  };
}

function whyLeftOut(line: InvoiceLine, refunds: boolean): string | null {
  const { invoice, customer, quantity, price } = line;
  const cancelled = invoice.startsWith('C');
  if (customer === undefined) return 'no customer';
  if (cancelled && !refunds) return 'cancellation';
  if (price <= 0) return 'no price';
  if (quantity === 0 || quantity < 0 !== cancelled) return 'quantity of the wrong sign';
  return null;
}
