import { OUTCOMES, type Outcome, type Run } from './run.ts';

const ANSWERED = OUTCOMES.indexOf('answered');
const UNANSWERED = OUTCOMES.indexOf('unanswered');

/** Rows while a run is made. They double when they run out. */
export class RowBook {
  count = 0;
  #due: Float64Array;
  #sent: Float64Array;
  #done: Float64Array;
  #outcome: Uint8Array;
  #kind: Uint16Array;

  constructor(room: number) {
    this.#due = new Float64Array(room);
    this.#sent = new Float64Array(room);
    this.#done = new Float64Array(room);
    this.#outcome = new Uint8Array(room);
    this.#kind = new Uint16Array(room);
  }

  /** A row that was not sent yet. */
  add(due: number, kind: number): number {
    if (this.count === this.#due.length) this.#grow();
    const row = this.count++;
    this.#due[row] = due;
    this.#sent[row] = NaN;
    this.#done[row] = NaN;
    this.#outcome[row] = UNANSWERED;
    this.#kind[row] = kind;
    return row;
  }

  sent(row: number, at: number): void {
    this.#sent[row] = at;
  }

  ended(row: number, outcome: Outcome, at = NaN): void {
    this.#outcome[row] = OUTCOMES.indexOf(outcome);
    this.#done[row] = at;
  }

  dueOf(row: number): number {
    return this.#due[row] as number;
  }

  /** Whether it was sent and nothing has come of it. */
  isOut(row: number): boolean {
    return row >= 0 && row < this.count && this.#outcome[row] === UNANSWERED && !Number.isNaN(this.#sent[row]);
  }

  /** Answers among the rows from `first` on whose replies came since `since`: from due, in microseconds. */
  answersSince(first: number, since: number): Float64Array {
    const found: number[] = [];
    for (let row = first; row < this.count; row += 1) {
      const done = this.#done[row] as number;
      if (this.#outcome[row] === ANSWERED && done >= since) found.push((done - (this.#due[row] as number)) * 1e6);
    }
    return Float64Array.from(found).sort();
  }

  columns(): Pick<Run, 'due' | 'sent' | 'done' | 'outcome' | 'kind'> {
    return {
      due: this.#due.subarray(0, this.count),
      sent: this.#sent.subarray(0, this.count),
      done: this.#done.subarray(0, this.count),
      outcome: this.#outcome.subarray(0, this.count),
      kind: this.#kind.subarray(0, this.count),
    };
  }

  #grow(): void {
    const room = Math.max(1024, this.#due.length * 2);
    const larger = <T extends Float64Array | Uint8Array | Uint16Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#due = larger(new Float64Array(room), this.#due);
    this.#sent = larger(new Float64Array(room), this.#sent);
    this.#done = larger(new Float64Array(room), this.#done);
    this.#outcome = larger(new Uint8Array(room), this.#outcome);
    this.#kind = larger(new Uint16Array(room), this.#kind);
  }
}
