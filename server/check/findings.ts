export type Severity = 'error' | 'warning' | 'note';

/** Everything that can be found, how bad it is, and what is to be done. The only table of its kind. */
export const FINDINGS = {
  empty: ['warning', 'files or logs without an event', 'look where they went'],
  unreadable: ['error', 'rows that cannot be read', 'mend them, or leave them out with --skip-bad'],
  'no-time': ['error', 'events without a time that can be read',
    'send milliseconds since 1970, or ISO 8601 with a zone'],
  'time-unit': ['error', 'times in seconds or microseconds',
    'send milliseconds: these are read as of 1970, or of far ahead'],
  'before-1990': ['error', 'events before 1990', 'look for default dates; leave the rows out'],
  future: ['error', 'events of more than a day from now',
    'set the sender\'s clock and zone; the server refuses them'],
  'no-type': ['error', 'events without a type that is known',
    'name types with --types, or leave the rows out'],
  'no-item': ['error', 'events about an item that name none', 'send the item\'s id'],
  'no-session': ['error', 'events without session, visitor and customer',
    'send at least the visitor\'s cookie'],
  'id-conflict': ['error', 'ids that came before with another content',
    'an id is of one event: only the first is kept'],
  'negative-price': ['error', 'prices below 0, or none',
    'send what was paid for one; a refund is an event of its own'],
  'bad-quantity': ['error', 'quantities that are not 1 or more',
    'send whole numbers; a removal is an event of its own'],
  'zone-unknown': ['error', 'time zones that are none', 'send an IANA name such as Europe/Berlin'],
  'train-test-events': ['error', 'events of the test file that are in the training file too',
    'split anew, by time'],
  'train-test-time': ['error', 'test events that are not after all of training',
    'split by time: what is to come must not be known'],
  duplicate: ['warning', 'events that came before, the same to the last field',
    'nothing: an id counts once; look why they are sent twice'],
  'double-fired': ['warning', 'events that repeat the one before within a second, under another id',
    'look for a tag that is on the page twice; send one id with a retry'],
  gap: ['warning', 'hours without an event where many are usual',
    'look for an outage of the sender, and import what it has kept'],
  'price-jump': ['warning', 'prices ten times their item\'s usual one, or a tenth',
    'look for cents in place of units, and for mixed currencies'],
  'mixed-currencies': ['warning', 'events in another currency than most',
    'set VITRINE_CURRENCY and VITRINE_RATES'],
  'clock-shift': ['warning', 'hours that the clock seems off: the quietest of a day are not at night',
    'the clock is off by about so many hours, or --time-zone is another'],
  'midnight-only': ['warning', 'events at midnight to the second',
    'the times are dates alone: order within a day is lost'],
  'out-of-order': ['warning', 'events more than a minute before one of their session that came first',
    'none if it is an export; else look at clocks and retries'],
  'endless-session': ['warning', 'sessions that go on for more than a day without 30 minutes of silence',
    'cut them by silence: look for a fixed id, or a monitor'],
  'one-session': ['warning', 'events of one session id that has a twentieth of them all',
    'look for a constant in place of the id'],
  robots: ['warning', 'events of robots, by user agent or pace',
    'nothing: they teach nothing; tell scrapers off if they are many'],
  'unknown-item': ['warning', 'events of items that the catalogue has not',
    'declare them, or look for ids of another system'],
  'sold-never-seen': ['warning', 'items that are bought and never looked at',
    'look for variants bought under another id than the product that is viewed'],
  'purchase-without-price': ['warning', 'purchases without a price',
    'send prices: revenue and value are unknown without'],
  'leak-field': ['warning', 'fields that stand almost only in sessions that end in a purchase, before it',
    'they may be written after the outcome: leave them out of features'],
  'leak-name': ['warning', 'fields whose name speaks of an outcome',
    'make sure that they are known at the time of the event'],
  'train-test-sessions': ['warning', 'sessions of the test file that training has a part of',
    'split by whole sessions'],
  'personal-data': ['warning', 'e-mail addresses in ids or queries',
    'send a hash or a number; what is searched for is kept as it is'],
  'no-customer': ['note', 'events without a customer',
    'customers are known by what names them: send the id when they are logged in'],
  'no-consent': ['note', 'events without consent',
    'nothing: they move their own session and teach nothing'],
  'too-many': ['note', 'things that were not looked at, for memory', 'check a part of the file'],
} as const satisfies Record<string, readonly [Severity, string, string]>;
export type FindingCode = keyof typeof FINDINGS;

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly what: string;
  readonly count: number;
  readonly share: number; // of all events, or of what `of` says
  readonly of: string;
  readonly example: string; // the first one
  readonly todo: string;
}

/** Counts what is found, and keeps the first example of each kind. */
export class Findings {
  readonly #found = new Map<FindingCode, { count: number; example: string; of: string; all: number }>();
  /** How many there are of what a share is of, where that is not events; told at the end. */
  readonly totals = new Map<string, number>();

  add(code: FindingCode, line: number, example: string, of = 'events'): void {
    const found = this.#found.get(code);
    if (found) found.count += 1;
    else this.put(code, 1, `line ${line}: ${short(example)}`, of);
  }

  /** A kind that is counted elsewhere. `all`: what the share is of, where that is not events. */
  put(code: FindingCode, count: number, example: string, of = 'events', all = NaN): void {
    this.#found.set(code, { count, example, of, all });
  }

  /** Worst first, then by count. */
  list(events: number): Finding[] {
    const order = ['error', 'warning', 'note'];
    return [...this.#found].map(([code, { count, example, of, all }]): Finding => {
      const [severity, what, todo] = FINDINGS[code];
      const whole = Number.isNaN(all) ? (this.totals.get(of) ?? events) : all;
      return { code, severity, what, count, share: whole > 0 ? count / whole : 0, of, example, todo };
    }).sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || b.count - a.count);
  }
}

const EXAMPLE_MAX = 160; // characters

function short(text: string): string {
  return text.length > EXAMPLE_MAX ? `${text.slice(0, EXAMPLE_MAX)}…` : text;
}
