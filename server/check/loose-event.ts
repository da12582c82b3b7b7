/** A row as it stands in a file, right or wrong: what a strict reader would refuse is what is looked for. */
export interface LooseEvent {
  readonly line: number; // of its file; of a store the number of the event, from 1
  readonly id: string;
  readonly type: string;
  readonly atMs: number; // NaN: it is no time
  readonly rawTime: unknown;
  readonly session: string;
  readonly customer: string;
  readonly visitor: string;
  readonly items: readonly LooseItem[];
  readonly query: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly userAgent: string;
  readonly robot: boolean;
  readonly consent: boolean;
  readonly extra: readonly string[]; // names of other fields that hold something
}

export interface LooseItem {
  readonly item: string;
  readonly quantity: number; // NaN: it is no number
  readonly price: number | undefined;
}

const KNOWN = new Set([
  'id', 'type', 'at_ms', 'session', 'customer', 'visitor', 'item', 'items', 'quantity', 'price', 'discount', 'query',
  'attribution', 'time_zone', 'consent', 'country', 'device', 'currency', 'robot', 'user_agent',
]);

/** A map of any values, by the wire's names. Empty texts are absent. Pure. */
export function looseEvent(
  line: number, row: Readonly<Record<string, unknown>>, timeOf: (value: unknown) => number,
): LooseEvent {
  const rawTime = row['at_ms'];
  const extra: string[] = [];
  for (const name of Object.keys(row)) {
    const value = row[name];
    if (!KNOWN.has(name) && value !== null && value !== undefined && value !== '') extra.push(name);
  }
  return {
    line, id: text(row['id']), type: text(row['type']), atMs: timeOf(rawTime), rawTime,
    session: text(row['session']) || text(row['visitor']) || text(row['customer']),
    customer: text(row['customer']), visitor: text(row['visitor']), items: looseItems(row),
    query: text(row['query']), currency: text(row['currency']).toUpperCase(), timeZone: text(row['time_zone']),
    userAgent: text(row['user_agent']), robot: row['robot'] === true || row['robot'] === 'true',
    consent: !(row['consent'] === false || row['consent'] === 'false' || row['consent'] === '0'), extra,
  };
}

function looseItems(row: Readonly<Record<string, unknown>>): LooseItem[] {
  const list = row['items'];
  const several = Array.isArray(list) ? list : typeof list === 'string' && list !== '' ? list.split('|') : null;
  if (several === null) {
    const item = text(row['item']);
    return item === '' ? [] : [{ item, quantity: count(row['quantity']), price: money(row['price']) }];
  }
  return several.map((one: unknown) => {
    if (typeof one !== 'object' || one === null) {
      return { item: text(one), quantity: count(row['quantity']), price: money(row['price']) };
    }
    const map = one as Readonly<Record<string, unknown>>;
    return { item: text(map['item']), quantity: count(map['quantity']), price: money(map['price']) };
  });
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

function count(value: unknown): number {
  return value === undefined || value === null || value === '' ? 1 : Number(value);
}

function money(value: unknown): number | undefined {
  return value === undefined || value === null || value === '' ? undefined : Number(value);
}
