import { CHECK_EVERY, DRAIN_SECONDS, ID_SPAN, LAG_US_MAX, TOLERANCE_MAX } from './limits.ts';
import { idOf, openLink, type Link } from './links.ts';
import type { Plan, Watch } from './plan.ts';
import { GeneratorLate } from './problem.ts';
import type { Reply } from './replies.ts';
import { RowBook } from './row-book.ts';
import type { Run } from './run.ts';
import type { Request } from './target.ts';

/** The plan played on this thread's event loop, which should have nothing else to do. */
export async function generateNode(plan: Plan, watch?: Watch): Promise<Run> {
  const player = new Player(plan, watch);
  try {
    await player.connect();
    return await player.play();
  } finally {
    player.disconnect();
  }
}

const SPIN_MS = 2; // a timer ends late by a millisecond, so the last stretch before a time is spun

class Player {
  readonly #book: RowBook;
  readonly #links: Link[] = [];
  readonly #free: Link[] = []; // HTTP
  readonly #waiting: number[] = []; // HTTP: rows that are due, and no connection is free
  #waitingAt = 0; // of these, the first that still waits
  readonly #onLink = new Map<number, Link>(); // WebSocket: rows that are out, and where
  readonly #requestOf = new Map<number, Request>();
  readonly #lags: number[] = []; // microseconds, by request
  #late = 0;
  #startMs = 0;
  #end: number;
  #next = 0; // of the schedule
  #place = 0;
  #turn = 0;
  #out = 0;
  #checked = 0;
  #wrong = 0;
  #broken = 0;
  #closed = 0;
  #complaint: string | undefined;
  #gaveUp = false;
  #refused = { shed: 0, failed: 0 }; // of the window that is watched
  #over = false;
  #finish: () => void = () => {};

  constructor(private readonly plan: Plan, private readonly watch: Watch | undefined) {
    this.#book = new RowBook(plan.load.loop === 'open' ? plan.load.due.length : 1024);
    this.#end = plan.load.seconds;
  }

  async connect(): Promise<void> {
    const events = {
      reply: (link: Link, row: number | null, reply: Reply) => this.#replied(link, row, reply),
      lost: (link: Link, row: number) => this.#lost(link, row),
      closed: (link: Link) => this.#linkClosed(link),
    };
    for (let i = 0; i < this.plan.connections; i += 1) {
      const link = await openLink(this.plan.target, events);
      this.#links.push(link);
      this.#free.push(link);
    }
  }

  disconnect(): void {
    this.#over = true;
    for (const link of this.#links) link.end();
  }

  async play(): Promise<Run> {
    const stop = () => (this.#end = Math.min(this.#end, this.#now()));
    process.once('SIGINT', stop);
    const cpu = process.cpuUsage();
    const before = performance.eventLoopUtilization();
    const startedAt = Date.now();
    this.#startMs = performance.now();
    await new Promise<void>((resolve) => {
      this.#finish = resolve;
      if (this.plan.load.loop === 'open') this.#pump();
      else this.#fill(this.plan.load.concurrency);
      this.#tick();
    });
    this.#over = true;
    process.off('SIGINT', stop);
    const busy = performance.eventLoopUtilization(before).utilization;
    const { user, system } = process.cpuUsage(cpu);
    const lagP99Us = this.#lagP99();
    const lagUsMax = this.plan.lagUsMax ?? LAG_US_MAX;
    if (this.#gaveUp || lagP99Us > lagUsMax) {
      const advice = 'Node offers thousands of requests a second; the native generator a million.';
      throw new GeneratorLate(lagP99Us, lagUsMax, advice);
    }
    const ended = this.#now();
    return {
      loop: this.plan.load.loop,
      startedAt,
      seconds: Math.min(this.#end, ended),
      ended,
      ...this.#book.columns(),
      generator: {
        name: 'node',
        lagP99Us,
        cpuSeconds: (user + system) / 1e6,
        busy,
        checked: this.#checked,
        wrong: this.#wrong,
        broken: this.#broken,
        closed: this.#closed,
        ...(this.#complaint !== undefined && { complaint: this.#complaint }),
      },
    };
  }

  #now(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  /** Open loop: sends all that is due, and comes back when the next is. */
  #pump(): void {
    const { load } = this.plan;
    if (this.#over || load.loop !== 'open') return;
    const now = this.#now();
    for (; this.#next < load.due.length; this.#next += 1) {
      const due = load.due[this.#next] as number;
      if (due > now || due >= this.#end) break;
      const row = this.#comeDue(due);
      if (this.plan.target.transport === 'http') {
        this.#noteLag(this.#now() - due);
        this.#waiting.push(row);
      } else {
        const link = this.#laneLink(row) ?? this.#nextLink();
        if (link === null) return void this.#endIfDone();
        this.#send(link, row);
        this.#noteLag(this.#now() - due);
      }
    }
    this.#serveWaiting();
    const due = load.due[this.#next];
    if (due === undefined || due >= this.#end) return;
    const leftMs = (due - this.#now()) * 1000;
    if (leftMs > SPIN_MS) setTimeout(() => this.#pump(), leftMs - SPIN_MS);
    else setImmediate(() => this.#pump());
  }

  /** More than 1 % of all that is planned came too late: whatever follows, p99 is over the limit. */
  #noteLag(seconds: number): void {
    const us = seconds * 1e6;
    this.#lags.push(us);
    if (us <= (this.plan.lagUsMax ?? LAG_US_MAX)) return;
    this.#late += 1;
    const { load } = this.plan;
    if (load.loop === 'open' && this.#late > Math.max(1, load.due.length / 100)) {
      this.#gaveUp = true;
      this.#end = Math.min(this.#end, this.#now());
    }
  }

  #lagP99(): number {
    const sorted = Float64Array.from(this.#lags).sort();
    return sorted.length === 0 ? 0 : (sorted[Math.ceil(sorted.length * 0.99) - 1] as number);
  }

  /** Closed loop: so many more. */
  #fill(count: number): void {
    const { load } = this.plan;
    if (load.loop !== 'closed') return;
    for (let i = 0; i < count; i += 1) {
      const now = this.#now();
      if (now >= this.#end || this.#over) return;
      if (load.requestsMax && this.#place >= load.requestsMax) {
        this.#end = Math.min(this.#end, now);
        return;
      }
      const link = this.plan.target.transport === 'http' ? this.#free.pop() : this.#nextLink();
      if (!link) return;
      this.#send(link, this.#comeDue(now));
    }
  }

  #comeDue(due: number): number {
    const { requests, sequence } = this.plan;
    const place = this.#place++;
    const which = sequence && sequence.length > 0
      ? (sequence[place % sequence.length] as number)
      : place % requests.length;
    const request = requests[which] as Request;
    const row = this.#book.add(due, request.kind ?? which);
    this.#requestOf.set(row, request);
    return row;
  }

  /** The connection of the row's lane; null where it has none, or that is closed. */
  #laneLink(row: number): Link | null {
    const lane = this.#requestOf.get(row)?.lane;
    const link = lane === undefined ? undefined : this.#links[lane % this.#links.length];
    return link?.open ? link : null;
  }

  #nextLink(): Link | null {
    for (let tries = 0; tries < this.#links.length; tries += 1) {
      const link = this.#links[this.#turn++ % this.#links.length] as Link;
      if (link.open) return link;
    }
    return null;
  }

  #send(link: Link, row: number): void {
    if (this.plan.target.transport === 'ws') this.#onLink.set(row, link);
    this.#out += 1;
    this.#book.sent(row, this.plan.load.loop === 'open' ? this.#now() : this.#book.dueOf(row));
    link.send(row, this.#requestOf.get(row) as Request);
  }

  #serveWaiting(): void {
    while (this.#waitingAt < this.#waiting.length && this.#free.length > 0) {
      this.#send(this.#free.pop() as Link, this.#waiting[this.#waitingAt++] as number);
    }
  }

  #replied(link: Link, known: number | null, reply: Reply): void {
    if (this.#over) return;
    this.#complaint ??= reply.complaint;
    const row = known ?? this.#rowOf(reply.id);
    if (!this.#book.isOut(row) || (reply.outcome === 'unreadable' && known === null)) {
      this.#broken += 1;
      return;
    }
    if (reply.outcome === 'unreadable') this.#broken += 1;
    else this.#check(row, reply);
    this.#settle(link, row, reply.outcome === 'unreadable' ? 'failed' : reply.outcome);
  }

  #settle(link: Link, row: number, outcome: 'answered' | 'shed' | 'failed'): void {
    this.#book.ended(row, outcome, this.#now());
    if (outcome !== 'answered') this.#refused[outcome] += 1;
    this.#onLink.delete(row);
    this.#requestOf.delete(row);
    this.#out -= 1;
    if (this.plan.target.transport === 'http') this.#free.push(link);
    if (this.plan.load.loop === 'open') this.#serveWaiting();
    else this.#fill(1);
    this.#endIfDone();
  }

  #check(row: number, reply: Reply): void {
    const expected = this.#requestOf.get(row)?.expected;
    if (expected === undefined || reply.outcome !== 'answered' || row % CHECK_EVERY !== 0) return;
    this.#checked += 1;
    if (!(Math.abs((reply.value ?? NaN) - expected) <= TOLERANCE_MAX)) this.#wrong += 1;
  }

  /** The newest row of that id. */
  #rowOf(id: number): number {
    const newest = this.#book.count - 1;
    const back = (idOf(newest) - id + ID_SPAN) % ID_SPAN;
    return Number.isNaN(back) ? -1 : newest - back;
  }

  #lost(link: Link, row: number): void {
    if (this.#over) return;
    this.#closed += 1;
    // A server that refuses at once would be asked again at once, in a closed loop.
    setTimeout(() => this.#settle(link, row, 'failed'), this.plan.load.loop === 'closed' ? 10 : 0);
  }

  #linkClosed(link: Link): void {
    if (this.#over) return;
    this.#closed += 1;
    for (const [row, where] of this.#onLink) {
      if (where !== link) continue;
      this.#book.ended(row, 'failed');
      this.#onLink.delete(row);
      this.#requestOf.delete(row);
      this.#refused.failed += 1;
      this.#out -= 1;
    }
    this.#endIfDone();
  }

  #endIfDone(): void {
    const noLinks = this.plan.target.transport === 'ws' && !this.#links.some((link) => link.open);
    if (noLinks) this.#end = Math.min(this.#end, this.#now());
    const waits = this.#waitingAt < this.#waiting.length;
    const { drainSeconds = DRAIN_SECONDS } = this.plan;
    const now = this.#now();
    const answered = this.#out === 0 && !waits && now >= this.#end;
    if (noLinks || answered || now >= this.#end + drainSeconds) this.#finish();
  }

  /** Looks around every so often: the end, and who watches. */
  #tick(windowFrom = 0, firstRow = 0): void {
    if (this.#over) return;
    const now = this.#now();
    const windowSeconds = this.watch?.windowSeconds ?? Infinity;
    let next: [number, number] = [windowFrom, firstRow];
    if (now - windowFrom >= windowSeconds && now < this.#end) {
      const us = this.#book.answersSince(firstRow, windowFrom);
      const at = (share: number) => us[Math.max(0, Math.ceil(us.length * share) - 1)] ?? NaN;
      const meanUs = us.reduce((sum, value) => sum + value, 0) / us.length;
      const said = {
        at: now, answeredPerS: us.length / (now - windowFrom), ...this.#refused,
        meanUs, p50Us: at(0.5), p90Us: at(0.9), p95Us: at(0.95), p99Us: at(0.99),
      };
      if (this.watch?.see(said) === true) this.#end = now;
      this.#refused = { shed: 0, failed: 0 };
      next = [now, this.#oldestOut()];
    }
    this.#endIfDone();
    setTimeout(() => this.#tick(...next), 5);
  }

  #oldestOut(): number {
    const [oldest] = this.#requestOf.keys();
    return oldest ?? this.#book.count;
  }
}
