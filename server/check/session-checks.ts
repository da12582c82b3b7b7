import { RobotWatch } from '../storefront/robot-watch.ts';
import type { EventType } from '../wire/schema.ts';
import { isRobot } from '../wire/robots.ts';
import type { Findings } from './findings.ts';
import { hashOf } from './hash-set.ts';
import type { LooseEvent } from './loose-event.ts';

const SILENCE_MS = 30 * 60_000;
const ENDLESS_MS = 86_400_000;
const SESSIONS_MAX = 200_000; // that go on at once
const FIELDS_MAX = 30; // extra ones that are followed
const ORDER_MS = 60_000;
const DOUBLE_MS = 1000;
const ONE_SESSION_SHARE = 0.05;
const LEAK = { sessionsMin: 30, boughtMin: 0.95, usualMax: 0.6 };
const OUTCOME_NAMES = /(^|_)(refund|return|deliver|ship|churn|label|target|outcome|convert|ltv|lifetime|will_|next_)/i;

interface Open {
  startMs: number;
  lastMs: number; // the newest, by the event's own time
  lastHash: number; // of what the newest to come was
  lastAtMs: number;
  lastId: string;
  events: number;
  fields: number; // bits of extra fields that stood in it before a purchase
  bought: boolean;
  endless: boolean;
  readonly watch: RobotWatch;
}

/** What sessions show: order, repeats, robots, ends, and fields that know what is to come. */
export class SessionChecks {
  readonly #open = new Map<string, Open>(); // least recently active first
  readonly #fields: string[] = [];
  readonly #with = new Uint32Array(FIELDS_MAX); // ended sessions with the field
  readonly #withBought = new Uint32Array(FIELDS_MAX); // of these, ended in a purchase
  readonly #firstLine = new Uint32Array(FIELDS_MAX);
  #ended = 0;
  #endedBought = 0;
  #events = 0;
  #most = { session: '', events: 0 };

  constructor(private readonly findings: Findings) {}

  add(event: LooseEvent): void {
    const { session: id, atMs, line } = event;
    this.#events += 1;
    let open = this.#open.get(id);
    if (open && atMs > open.lastMs + SILENCE_MS) {
      this.#end(open);
      this.#open.delete(id);
      open = undefined;
    }
    if (!open) open = this.#begin(id, atMs);
    const hash = hashOf(`${event.type} ${event.query} ${event.items.map((one) => one.item).join(' ')}`);
    if (open.events > 0) this.#compare(open, event, hash);
    open.lastHash = hash;
    open.lastAtMs = atMs;
    open.lastId = event.id;
    open.lastMs = Math.max(open.lastMs, atMs);
    open.events += 1;
    if (open.events > this.#most.events) this.#most = { session: id, events: open.events };
    open.watch.see({
      type: event.type as EventType, atMs,
      ...((event.robot || (event.userAgent !== '' && isRobot(event.userAgent))) && { robot: true as const }),
    });
    if (open.watch.robot) this.findings.add('robots', line, event.userAgent || `session '${id}'`);
    if (!open.endless && open.lastMs - open.startMs > ENDLESS_MS) {
      open.endless = true;
      this.findings.add('endless-session', line, `'${id}' since ${new Date(open.startMs).toISOString()}`, 'sessions');
    }
    if (event.type === 'purchase') open.bought = true;
    else if (!open.bought) for (const name of event.extra) open.fields |= this.#bit(name, line);
  }

  tell(): void {
    for (const open of this.#open.values()) this.#end(open);
    this.findings.totals.set('sessions', this.#ended);
    this.findings.totals.set('further fields', this.#fields.length);
    const { session, events } = this.#most;
    if (this.#events >= 1000 && events > this.#events * ONE_SESSION_SHARE) {
      this.findings.put('one-session', events, `'${session}'`);
    }
    const usual = this.#endedBought / this.#ended;
    this.#fields.forEach((name, i) => {
      const [all, bought] = [this.#with[i] as number, this.#withBought[i] as number];
      const sure = all >= LEAK.sessionsMin && bought / all >= LEAK.boughtMin && usual <= LEAK.usualMax;
      const line = this.#firstLine[i] as number;
      if (sure) {
        const share = `${bought} of ${all} sessions with it buy, ${(usual * 100).toFixed(0)} % of all do`;
        this.findings.add('leak-field', line, `'${name}': ${share}`, 'further fields');
      } else if (OUTCOME_NAMES.test(name)) this.findings.add('leak-name', line, `'${name}'`, 'further fields');
    });
  }

  #compare(open: Open, event: LooseEvent, hash: number): void {
    const { line, atMs } = event;
    if (atMs < open.lastMs - ORDER_MS) {
      const seconds = Math.round((open.lastMs - atMs) / 1000);
      this.findings.add('out-of-order', line, `${seconds} s before its session's newest`);
    }
    const again = hash === open.lastHash && Math.abs(atMs - open.lastAtMs) < DOUBLE_MS && event.id !== open.lastId;
    if (again) this.findings.add('double-fired', line, `${event.type} '${event.id}' like '${open.lastId}'`);
  }

  #begin(id: string, atMs: number): Open {
    if (this.#open.size >= SESSIONS_MAX) {
      const [oldest, open] = this.#open.entries().next().value as [string, Open];
      this.#end(open);
      this.#open.delete(oldest);
    }
    const open = {
      startMs: atMs, lastMs: atMs, lastHash: 0, lastAtMs: 0, lastId: '', events: 0, fields: 0, bought: false,
      endless: false, watch: new RobotWatch(),
    };
    this.#open.set(id, open);
    return open;
  }

  #end({ fields, bought }: Open): void {
    this.#ended += 1;
    if (bought) this.#endedBought += 1;
    for (let i = 0; fields >>> i !== 0; i += 1) {
      if (((fields >>> i) & 1) === 0) continue;
      this.#with[i]! += 1;
      if (bought) this.#withBought[i]! += 1;
    }
  }

  #bit(name: string, line: number): number {
    let at = this.#fields.indexOf(name);
    if (at < 0) {
      if (this.#fields.length >= FIELDS_MAX) return 0;
      at = this.#fields.push(name) - 1;
      this.#firstLine[at] = line;
    }
    return 1 << at;
  }
}
