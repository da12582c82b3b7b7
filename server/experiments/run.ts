import type { Log } from '../core/log.ts';
import type { Asker } from '../storefront/trial.ts';
import { mayTeach, type ShopEvent } from '../wire/schema.ts';
import { Answers } from './answers.ts';
import { armOf, customerUnit, keyOf, sessionUnit, shareOf, takesPart } from './assign.ts';
import { amountOf, isAfter, kindOf, tagOf } from './counting.ts';
import { changed, EXPERIMENT_LIMITS as LIMITS, type Experiment, stateAt } from './definition.ts';
import { ExperimentLog } from './experiment-log.ts';
import { History } from './history.ts';
import { type Line, LOG_VERSION, type OutcomeKind } from './log-lines.ts';
import { ArmTally, newUnit, type Unit, Votes } from './tally.ts';

/**
 * One experiment: its units, and what came of them. Whatever changes here is a line first, written and
 * then applied by `#apply`, the one place where state changes; opening it applies the lines again.
 */
export class Run {
  readonly arms: readonly ArmTally[];
  readonly votes = new Votes();
  readonly answers: Answers;
  readonly history = new History();
  readonly tags: readonly string[]; // by arm
  /** Sessions that were units, and went on as a customer that already was another. */
  switched = 0;
  sequence = 0; // of the next event of the store's log
  /** What the units of the log were counted under. */
  #begun: Experiment | null = null;
  refused = 0; // units for which there was no room
  readonly #units = new Map<string, Unit>();
  readonly #links = new Map<string, string>(); // keys of who is a unit under another key
  readonly #keys = new Map<string, string>(); // of the ids of late: a hash costs as much as all else
  #file!: ExperimentLog;
  #atMs = 0; // of the last line

  private constructor(public definition: Experiment) {
    this.arms = definition.arms.map(() => new ArmTally());
    this.tags = definition.arms.map((_, arm) => tagOf(definition.name, arm));
    this.answers = new Answers();
  }

  /** As its file has it; `sequence` is where a new one begins to count. Fails with `storage`. */
  static open(definition: Experiment, path: string, at: { sequence: number; atMs: number }, log: Log): Run {
    const run = new Run(definition);
    run.#file = ExperimentLog.open(path, log, (line) => run.#apply(line));
    if (run.unitCount === 0 && run.changes(definition) !== null) {
      run.#take(['begun', LOG_VERSION, definition, at.sequence, at.atMs]);
    }
    return run;
  }

  /** What of a definition is other than what was counted under; null where nothing is. */
  changes(definition: Experiment): string | null {
    return this.#begun ? changed(this.#begun, definition) : 'everything';
  }

  get unitCount(): number {
    return this.#units.size;
  }

  /**
   * The unit of who asks, made one where it takes part and is not yet; null where it does not. A
   * session that becomes known takes its arm along to the customer, unless they have one already:
   * then theirs holds from now on, and the session's unit stays as it was.
   */
  enrol(asker: Asker, nowMs: number): Unit | null {
    if (stateAt(this.definition, nowMs) !== 'running') return null;
    const [own, other] = this.#idsOf(asker);
    if (own === undefined) return null;
    const known = this.#recognise(own, other);
    if (known) return known;
    if (!takesPart(this.definition, own)) return null;
    if (this.#units.size >= LIMITS.unitsMax) {
      this.refused += 1;
      return null;
    }
    const key = this.#key(own);
    const arm = this.#armOf(own);
    if (!this.#take(['u', key, arm, nowMs, shareOf(this.definition, arm)])) return null;
    if (other !== undefined) this.#take(['l', this.#key(other), key]);
    return this.#units.get(key) ?? null;
  }

  /** The unit that `enrol` would give, nothing being changed by it. */
  peek(asker: Asker, nowMs: number): Unit | null {
    if (stateAt(this.definition, nowMs) !== 'running') return null;
    const [own, other] = this.#idsOf(asker);
    if (own === undefined) return null;
    const known = this.#find(this.#key(own)) ?? (other === undefined ? undefined : this.#find(this.#key(other)));
    if (known) return known;
    return takesPart(this.definition, own) ? newUnit(this.#key(own), this.#armOf(own), nowMs) : null;
  }

  /** An event of the store's log, in order; one that was taken before is left alone. */
  seen(event: ShopEvent, sequence: number): void {
    if (sequence < this.sequence) return;
    if (mayTeach(event)) this.#count(event, sequence);
    if (sequence >= this.sequence + MARK_EVENTS) this.#take(['m', sequence + 1]);
  }

  /** A line of an answer that is given to `unit`. */
  given(line: Extract<Line, readonly ['a' | 'x', ...unknown[]]>): void {
    this.#take(line);
  }

  /** All before `sequence` were seen. */
  mark(sequence: number): void {
    if (sequence > this.sequence) this.#take(['m', sequence]);
  }

  sync(): void {
    this.#file.sync();
  }

  close(): void {
    this.#file.close();
  }

  #count(event: ShopEvent, sequence: number): void {
    const { definition } = this;
    const kind = kindOf(event);
    if (event.atMs >= definition.stopMs) return;
    const [own, other] = this.#idsOf(event);
    const unit = own === undefined ? undefined : this.#recognise(own, other);
    if (!unit || kind === undefined || !isAfter(event.atMs, unit.sinceMs)) return;
    const { attribution, atMs } = event;
    if (definition.kind !== 'ab') {
      if (kind !== 'refund') this.#credit(event, unit, kind, sequence);
      return;
    }
    // A click counts on what the arm has shown; what is bought counts whatever led to it.
    if (kind === 'click' && !attribution?.includes(this.tags[unit.arm] as string)) return;
    const amount = kind === 'purchase' || kind === 'refund' ? amountOf(event) : 0;
    this.#take(['e', sequence, atMs, unit.key, kind, amount]);
  }

  /** Of the items of an interleaved or exploring answer. */
  #credit(event: ShopEvent, unit: Unit, kind: Exclude<OutcomeKind, 'refund'>, sequence: number): void {
    for (const { item } of event.items) {
      const answer = this.answers.creditable(event.attribution, unit.key, item, kind, event.atMs);
      if (answer !== undefined) this.#take(['w', sequence, event.atMs, answer, item, kind]);
    }
  }

  /** The unit under either id, the two joined where they were not. */
  #recognise(own: string, other: string | undefined): Unit | undefined {
    const ownKey = this.#key(own);
    const unit = this.#find(ownKey);
    if (other === undefined) return unit;
    const otherKey = this.#key(other);
    const session = this.#find(otherKey);
    if (unit === session) return unit;
    if (unit) this.#take(['l', otherKey, unit.key]);
    else if (session) this.#take(['l', ownKey, session.key]);
    return unit ?? session;
  }

  #find(key: string): Unit | undefined {
    return this.#units.get(this.#links.get(key) ?? key);
  }

  /** What it is assigned by, and the session as well where that is the customer. */
  #idsOf({ session, customer }: Asker): [own?: string, other?: string] {
    const visit = session === undefined ? undefined : sessionUnit(session);
    if (this.definition.unit === 'session') return visit === undefined ? [] : [visit];
    if (customer === undefined) return visit === undefined ? [] : [visit];
    return visit === undefined ? [customerUnit(customer)] : [customerUnit(customer), visit];
  }

  #armOf(id: string): number {
    return this.definition.kind === 'ab' ? armOf(this.definition, id) : 0; // else all get the same
  }

  #key(id: string): string {
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const key = keyOf(this.definition.salt, id);
    if (this.#keys.size === KEYS_MAX) this.#keys.clear();
    this.#keys.set(id, key);
    return key;
  }

  #take(line: Line): boolean {
    if (!this.#file.append(line)) return false;
    this.#apply(line);
    return true;
  }

  #apply(line: Line): void {
    switch (line[0]) {
      case 'begun':
        this.#begun = line[2];
        this.sequence = line[3];
        this.#atMs = line[4];
        return;
      case 'u': {
        const [, key, arm, atMs] = line;
        this.#units.set(key, newUnit(key, arm, atMs));
        (this.arms[arm] as ArmTally).units += 1;
        this.#atMs = atMs;
        break;
      }
      case 'l':
        if (this.#units.has(line[1])) this.switched += 1;
        this.#links.set(line[1], line[2]);
        return;
      case 'e': {
        const [, sequence, atMs, key, kind, amount] = line;
        const unit = this.#units.get(key) as Unit;
        (this.arms[unit.arm] as ArmTally).take(unit, kind, amount);
        this.sequence = sequence + 1;
        this.#atMs = atMs;
        break;
      }
      case 'a': case 'x':
        this.answers.given(line);
        return;
      case 'w': {
        const [, sequence, atMs, answer, item, kind] = line;
        this.sequence = Math.max(this.sequence, sequence); // an event may have several items
        this.#atMs = atMs;
        const team = this.answers.rewarded(answer, item, kind, atMs);
        const unit = this.#units.get(this.answers.unitOf(answer) ?? '');
        if (unit && team !== undefined && kind === this.definition.metric) this.votes.take(unit, team);
        break;
      }
      case 'm':
        this.sequence = line[1];
        return;
    }
    this.history.look(this, this.#atMs);
  }
}

/** Without a line among so many events, one says how far it has looked. */
const MARK_EVENTS = 10_000;
const KEYS_MAX = 16_384;
