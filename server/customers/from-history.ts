import type { History } from '../features/history.ts';
import { DAY, DAY_WIDTH, TOTAL, TOTALS } from '../features/layout.ts';
import type { CustomerPurchases } from './purchases.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * The purchases that a history remembers, as `purchasesOf` makes them of the events: the same days,
 * amounts, pieces and kinds while the customer has bought on no more days than a history keeps
 * (`HISTORY_LIMITS.buyDaysMax`). Of who has bought on more, days before those are made up: as many as
 * there were, evenly from the first on, with what is left of the totals. Each day's moments are all
 * that of its first purchase. Null of who has bought nothing.
 */
export function purchasesOfHistory(id: string, history: History): CustomerPurchases | null {
  const { cells, rowCount } = history;
  const total = (place: number): number => cells[place] as number;
  if (total(TOTAL.orders) === 0) return null;
  let [kept, orders, mills, units, lines] = [0, 0, 0, 0, 0];
  let oldest = Infinity;
  for (let row = 0; row < rowCount; row += 1) {
    const place = TOTALS + row * DAY_WIDTH;
    const bought = total(place + DAY.orders);
    if (bought === 0) continue;
    if (kept === 0) oldest = total(place);
    kept += 1;
    orders += bought;
    mills += total(place + DAY.mills);
    units += total(place + DAY.units);
    lines += total(place + DAY.lines);
  }
  const first = Math.min(total(TOTAL.firstBuyDay), oldest);
  const room = Number.isFinite(oldest) ? oldest - first : 1;
  const known = total(TOTAL.forgottenBuyDays);
  const lost = Math.min(room, first < oldest ? Math.max(1, known) : 0);
  const lostOrders = Math.max(lost, total(TOTAL.orders) - orders);
  const made = emptyPurchases(id, lost + kept, lost === 0 ? orders : lostOrders + orders);
  for (let i = 0; i < lost; i += 1) {
    made.days[i] = first + Math.floor((i * room) / lost);
    made.amounts[i] = (total(TOTAL.paidMills) - mills) / 1000 / lost;
    made.units[i] = (total(TOTAL.boughtUnits) - units) / lost;
    made.kinds[i] = (total(TOTAL.boughtLines) - lines) / lost;
  }
  let moment = 0;
  if (lost > 0) {
    for (; moment < lostOrders; moment += 1) {
      made.moments[moment] = (first + Math.floor((moment * room) / lostOrders)) * DAY_MS;
    }
  }
  for (let row = 0, at = lost; row < rowCount; row += 1) {
    const place = TOTALS + row * DAY_WIDTH;
    const bought = total(place + DAY.orders);
    if (bought === 0) continue;
    made.days[at] = total(place);
    made.amounts[at] = total(place + DAY.mills) / 1000;
    made.units[at] = total(place + DAY.units);
    made.kinds[at] = total(place + DAY.kinds);
    at += 1;
    const ms = total(place) * DAY_MS + total(place + DAY.firstMinute) * MINUTE_MS;
    for (let i = 0; i < bought; i += 1, moment += 1) made.moments[moment] = ms;
  }
  return made;
}

const POOL_BYTES = 65_536;
let pool = new ArrayBuffer(0);
let used = 0;

/**
 * Views of one piece of memory, cut off a larger one that is given up when it is full: memory of its
 * own for each customer costs more than what is written to it.
 */
function emptyPurchases(id: string, days: number, moments: number): CustomerPurchases {
  const doubles = 3 * days + moments;
  const bytes = 8 * doubles + 8 * Math.ceil(days / 2);
  if (used + bytes > pool.byteLength) {
    pool = new ArrayBuffer(Math.max(POOL_BYTES, bytes));
    used = 0;
  }
  const [memory, at] = [pool, used];
  used += bytes;
  return {
    id,
    days: new Int32Array(memory, at + 8 * doubles, days),
    amounts: new Float64Array(memory, at, days),
    units: new Float64Array(memory, at + 8 * days, days),
    kinds: new Float64Array(memory, at + 16 * days, days),
    moments: new Float64Array(memory, at + 24 * days, moments),
  };
}
