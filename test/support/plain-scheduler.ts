/** What a lane with one runner should do, said with sorted lists and without timers: the oracle. */

export interface Plan {
  readonly rowsMax: number;
  readonly queueMax: number; // rows
  readonly levels: number;
  readonly action: 'REJECT' | 'DELAY';
  readonly timeoutUs: number; // 0 for none
  /** A run of n rows takes `baseUs + rowUs * n`, and the scheduler knows. */
  readonly baseUs: number;
  readonly rowUs: number;
  readonly failEvery: number; // every nth run fails; 0 for none
}

export interface Arrival {
  readonly value: number;
  readonly atUs: number;
  readonly rows: number;
  readonly deadlineUs: number; // from arrival
  readonly level: number; // 0 is the most urgent
}

export interface Outcome {
  readonly value: number;
  readonly end: string;
  readonly atUs: number; // rounded
}

interface Waiting extends Arrival {
  byUs: number; // deadline
  startByUs: number;
  placeUs: number;
  delayed: number; // 0: not; else a running number
}

const PATIENCE_US = 1_000_000;
const MARGIN = 1 + 1 / 8;

export class PlainScheduler {
  readonly ends: Outcome[] = [];
  readonly starts: number[][] = [];
  #queue: Waiting[] = [];
  #running: Waiting[] = [];
  #runEndsUs = Infinity;
  #delays = 0;

  constructor(private readonly plan: Plan) {}

  run(arrivals: readonly Arrival[]): { ends: Outcome[]; starts: number[][] } {
    const due = [...arrivals];
    for (;;) {
      const limits = [...this.#queue, ...this.#running].map((job) => this.#limitUs(job));
      const nowUs = Math.min(due[0]?.atUs ?? Infinity, this.#runEndsUs, ...limits);
      if (nowUs === Infinity) break;
      this.#expire(nowUs);
      if (this.#runEndsUs === nowUs) this.#endRun(nowUs);
      if (due[0]?.atUs === nowUs) this.#arrive(due.shift() as Arrival, nowUs);
      this.#startRun(nowUs);
    }
    return { ends: this.ends.sort((a, b) => a.value - b.value), starts: this.starts };
  }

  #end(job: Arrival, end: string, atUs: number): void {
    this.ends.push({ value: job.value, end, atUs: Math.round(atUs) });
  }

  #limitUs(job: Waiting): number {
    return this.#running.includes(job) ? job.byUs : Math.min(job.byUs, job.startByUs);
  }

  #runUs(rows: number): number {
    return this.plan.baseUs + this.plan.rowUs * rows;
  }

  get #rows(): number {
    return this.#queue.reduce((sum, { rows }) => sum + rows, 0);
  }

  #expire(nowUs: number): void {
    for (const job of this.#inOrder()) {
      if (job.byUs <= nowUs) this.#leave(job, 'deadline', nowUs);
      else if (job.startByUs <= nowUs) this.#pass(job, nowUs);
    }
    for (const job of this.#running.filter(({ byUs }) => byUs <= nowUs)) {
      this.#running.splice(this.#running.indexOf(job), 1);
      this.#end(job, 'deadline', nowUs);
    }
  }

  #pass(job: Waiting, nowUs: number): void {
    if (this.plan.action === 'REJECT') return this.#leave(job, 'deadline', nowUs);
    job.startByUs = Infinity;
    job.delayed = this.#delays += 1;
  }

  #leave(job: Waiting, end: string, nowUs: number): void {
    this.#queue.splice(this.#queue.indexOf(job), 1);
    this.#end(job, end, nowUs);
  }

  #endRun(nowUs: number): void {
    const { failEvery } = this.plan;
    const failed = failEvery > 0 && this.starts.length % failEvery === 0;
    for (const job of this.#running) this.#end(job, failed ? 'backend' : 'ok', nowUs);
    this.#running = [];
    this.#runEndsUs = Infinity;
  }

  #arrive(arrival: Arrival, nowUs: number): void {
    if (this.#rows + arrival.rows > this.plan.queueMax) return this.#end(arrival, 'overloaded', nowUs);
    const byUs = nowUs + arrival.deadlineUs;
    const startByUs = nowUs + (this.plan.timeoutUs || Infinity);
    const placeUs = Math.min(byUs, startByUs, nowUs + PATIENCE_US);
    const job = { ...arrival, byUs, startByUs, placeUs, delayed: 0 };
    if (byUs < Infinity && !this.#canMeet(job)) return this.#end(job, 'deadline', nowUs);
    this.#queue.push(job);
  }

  #canMeet(job: Waiting): boolean {
    const { rowsMax } = this.plan;
    const ahead = this.#queue.filter((other) => other.level < job.level ||
      (other.level === job.level && other.delayed === 0 && other.placeUs <= job.placeUs));
    const rows = ahead.reduce((sum, other) => sum + other.rows, 0);
    const busy = this.#runEndsUs < Infinity;
    if (rows === 0 && !busy) return true;
    const batches = Math.floor((rows + job.rows - 1) / rowsMax) + (busy ? 0.5 : 0);
    const ownUs = this.#runUs(Math.min(rowsMax, rows + job.rows));
    return batches * this.#runUs(rowsMax) * MARGIN + ownUs <= job.deadlineUs;
  }

  #startRun(nowUs: number): void {
    if (this.#runEndsUs < Infinity || this.#queue.length === 0) return;
    const { rowsMax } = this.plan;
    const doneUs = nowUs + this.#runUs(Math.min(this.#rows, rowsMax));
    const hopeless: Waiting[] = [];
    let rows = 0;
    for (const job of this.#inOrder()) {
      if (rows === rowsMax) break;
      if (job.byUs < doneUs) {
        hopeless.push(job);
      } else if (rows + job.rows > rowsMax) {
        break;
      } else {
        rows += job.rows;
        this.#running.push(job);
      }
    }
    const tries = this.#running.length === 0;
    for (const job of hopeless) {
      if (tries && rows + job.rows <= rowsMax) {
        rows += job.rows;
        this.#running.push(job);
      } else {
        this.#leave(job, 'deadline', nowUs);
      }
    }
    this.#queue = this.#queue.filter((job) => !this.#running.includes(job));
    this.starts.push(this.#running.map(({ value }) => value));
    this.#runEndsUs = nowUs + this.#runUs(rows);
  }

  /** By level; those in time before those delayed; by place, then by arrival. */
  #inOrder(): Waiting[] {
    return [...this.#queue].sort((a, b) =>
      a.level - b.level || a.delayed - b.delayed ||
      (a.delayed > 0 ? 0 : a.placeUs - b.placeUs) || a.value - b.value);
  }
}
