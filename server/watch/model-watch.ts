import type { Clock } from '../core/clock.ts';
import { Prng } from '../core/prng.ts';
import type { Alerts } from './alerts.ts';
import { judgeDrift, type ColumnDrift } from './drift.ts';
import { Ftrl, type SavedFtrl } from './ftrl.ts';
import { IsolationForest } from './isolation-forest.ts';
import { judgeQuality, type Quality } from './quality.ts';
import { Outcomes, OUTCOME_LIMITS, type Resolved } from './outcomes.ts';
import { Reference } from './reference.ts';
import { RowWindow } from './window.ts';

export interface WatchParts {
  readonly model: string;
  readonly names: readonly string[]; // of the features, in the order of the rows
  /** What the model was made from; null: the first rows that come stand in, and the report says so. */
  readonly reference: Reference | null;
  /** What its card promises; null: nothing is held against it. */
  readonly promisedAuc: number | null;
  readonly silenceMs: number;
  readonly clock: Clock;
  readonly alerts: Alerts;
}

export const WATCH_LIMITS = {
  windowSlots: 24, slotMs: 3_600_000, slotRows: 256, // a day, at most 6,144 rows
  rowsMin: 200, // of the window, before it is compared
  ownReferenceRows: 1000, // that come first stand in for a missing reference
  resolvedMax: 5000, // newest outcomes that quality is judged by
  resolvedMin: 200,
  onlineMin: 1000, // outcomes, before what they taught is used
  onlineErrors: 3, // standard errors that it must be better by
  anomalyShare: 0.01, // of the reference, which lies beyond what is then called an anomaly
  anomalousMax: 0.05, // of the window, before it is an alert
} as const;

/** What `ModelWatch.save` gave. */
export interface SavedWatch {
  readonly online: SavedFtrl;
  readonly offlineLoss: number;
  readonly gain: { sum: number; squares: number };
}

/** The last look, as `GET /v1/watch` gives it. */
export interface WatchReport {
  readonly model: string;
  readonly reference: 'of the training' | 'of the first rows seen' | 'not yet';
  readonly rows: number; // of the window
  readonly columns: readonly ColumnDrift[]; // the features, and `prediction`
  readonly anomalies: number | null; // share of the window
  readonly quality: Quality | null;
  /** The same predictions, bettered by what was learned from outcomes since (`Ftrl`). */
  readonly online: { readonly examples: number; readonly logLoss: number; readonly without: number } | null;
  readonly waiting: number; // predictions whose outcome is not known yet
  readonly firing: readonly string[];
}

type Look = Omit<WatchReport, 'firing'>;

/**
 * Watches one model that gives probabilities: what it is asked (against what it learned from), what
 * it says, what comes of it. The hot path copies a row; `look` does the rest, now and then.
 */
export class ModelWatch {
  readonly #window: RowWindow;
  readonly #outcomes: Outcomes;
  readonly #resolved: Resolved[] = []; // a ring
  #next = 0; // of the ring
  #reference: Reference | null;
  #ownRows: number[] | null; // gathered as a reference
  #forest: { forest: IsolationForest; above: number } | null = null;
  #report: Look;
  #online: Ftrl;
  #offlineLoss = 0; // nats, over all outcomes
  #gain = { sum: 0, squares: 0 }; // nats that the online model was better by, and their squares

  constructor(private parts: WatchParts) {
    const columns = parts.names.length + 1;
    const { windowSlots: slots, slotMs, slotRows: rowsMax } = WATCH_LIMITS;
    this.#window = new RowWindow({ columns, slots, slotMs, rowsMax }, new Prng(1));
    this.#outcomes = new Outcomes(
      { ...OUTCOME_LIMITS, silenceMs: parts.silenceMs }, (one) => this.#learn(one));
    this.#reference = parts.reference;
    this.#ownRows = parts.reference ? null : [];
    this.#online = new Ftrl(parts.names.length);
    this.#report = this.#look();
  }

  get name(): string {
    return this.parts.model;
  }

  get report(): WatchReport {
    const firing = this.parts.alerts.firing.filter(({ model }) => model === this.name);
    return { ...this.#report, firing: firing.map(({ alert }) => alert) };
  }

  /**
   * The probability with what outcomes have taught since the model was made. Null until that has
   * proved better than the model alone on what came before it was learned from.
   */
  better(row: ArrayLike<number>, probability: number): number | null {
    const gained = this.#gain;
    const { examples } = this.#online;
    if (examples < WATCH_LIMITS.onlineMin) return null;
    const mean = gained.sum / examples;
    const deviation = Math.sqrt(Math.max(0, gained.squares / examples - mean * mean) / examples);
    if (mean < WATCH_LIMITS.onlineErrors * deviation || mean === 0) return null;
    return this.#online.predict(row, logOdds(probability));
  }

  /** What was learned from outcomes, for `load` of the next process. */
  save(): SavedWatch {
    return { online: this.#online.save(), offlineLoss: this.#offlineLoss, gain: this.#gain };
  }

  /** Fails with `bad_argument` where it is of another model. */
  load(saved: unknown): void {
    const { online, offlineLoss, gain } = saved as SavedWatch;
    this.#online = Ftrl.load(online, this.parts.names.length);
    this.#offlineLoss = offlineLoss;
    this.#gain = gain;
    this.#report = this.#look();
  }

  /** The model said `probability` of `row`. The row is kept: nobody may write to it afterwards. */
  predicted(subject: string, row: Float32Array, probability: number, version: string): void {
    this.asked(row, probability);
    this.#outcomes.predicted(subject, { row, probability, version, atMs: this.parts.clock.wallMs() });
  }

  /** The same, where the outcome is told by `known`. The row's first values are the features. */
  asked(row: Float32Array, probability: number): void {
    const whole = Float32Array.of(...row.subarray(0, this.parts.names.length), probability);
    this.#window.add(whole, this.parts.clock.wallMs());
    this.#ownRows?.push(...whole);
    if (this.#ownRows && this.#ownRows.length >= WATCH_LIMITS.ownReferenceRows * whole.length) {
      this.#reference = new Reference(Float32Array.from(this.#ownRows), whole.length);
      this.#ownRows = null;
    }
  }

  /** What came of a prediction that somebody else has kept. */
  known(one: Resolved): void {
    this.#learn(one);
  }

  /** Something was seen of a subject; `happened`: it is what the model predicts. */
  seen(subject: string, happened: boolean): void {
    this.#outcomes.seen(subject, this.parts.clock.wallMs(), happened);
  }

  /** Another version answers: what is asked is compared with what that one was made from. */
  rebase(reference: Reference | null, promisedAuc: number | null): void {
    this.parts = { ...this.parts, reference, promisedAuc };
    this.#reference = reference;
    this.#ownRows = reference ? null : [];
    this.#forest = null;
    this.#online = new Ftrl(this.parts.names.length); // it knew what the former one missed
    this.#offlineLoss = 0;
    this.#gain = { sum: 0, squares: 0 };
  }

  /** Outcomes that came after `sinceMs`, oldest first: what a new version is compared on. */
  resolvedSince(sinceMs: number): Resolved[] {
    return this.#inOrder().filter(({ atMs }) => atMs >= sinceMs);
  }

  /** Compares what the window holds, and tells the alerts. */
  look(): void {
    this.#outcomes.settle(this.parts.clock.wallMs());
    this.#report = this.#look();
    this.#alert(this.#report);
  }

  #look(): Look {
    const { model, names, clock } = this.parts;
    const nowMs = clock.wallMs();
    const { kept, seen } = this.#window.count(nowMs);
    const reference = this.#reference;
    const enough = reference !== null && kept >= WATCH_LIMITS.rowsMin;
    const resolved = this.#inOrder();
    return {
      model,
      reference: reference === null ? 'not yet'
        : this.parts.reference ? 'of the training' : 'of the first rows seen',
      rows: seen,
      columns: enough
        ? judgeDrift([...names, 'prediction'], (column) => reference.column(column),
            (column) => this.#window.column(column, nowMs))
        : [],
      anomalies: enough ? this.#anomalies(reference, nowMs) : null,
      quality: resolved.length < WATCH_LIMITS.resolvedMin ? null : judgeQuality(
        resolved.map(({ probability }) => probability), resolved.map(({ label }) => label)),
      online: this.#online.examples < WATCH_LIMITS.resolvedMin ? null : {
        examples: this.#online.examples,
        logLoss: (this.#offlineLoss - this.#gain.sum) / this.#online.examples,
        without: this.#offlineLoss / this.#online.examples,
      },
      waiting: this.#outcomes.open,
    };
  }

  /** The share of the window that is odder than all but the oddest of the reference. */
  #anomalies(reference: Reference, nowMs: number): number {
    if (!this.#forest) {
      const { rows, columns, count } = reference;
      const forest = new IsolationForest(rows, columns);
      const scores = Float64Array.from({ length: count }, (_, row) =>
        forest.score(rows.subarray(row * columns, (row + 1) * columns))).sort();
      const at = Math.min(count - 1, Math.floor(count * (1 - WATCH_LIMITS.anomalyShare)));
      this.#forest = { forest, above: scores[at] as number };
    }
    const { forest, above } = this.#forest;
    let [odd, rows] = [0, 0];
    this.#window.eachRow(nowMs, (row) => {
      rows += 1;
      if (forest.score(row) > above) odd += 1;
    });
    return odd / rows;
  }

  #alert({ columns, anomalies, quality }: Look): void {
    const { model, alerts, promisedAuc } = this.parts;
    const finding = (
      alert: string, firing: boolean, text: string, values: Readonly<Record<string, number>>,
    ): void => alerts.report({ alert, model, firing, text, values });
    if (columns.length > 0) {
      const shifted = columns.filter(({ level }) => level === 'shifted');
      const values = Object.fromEntries(shifted.map(({ name, psi }) => [`psi_${name}`, psi]));
      finding('drift', shifted.length > 0, shifted.length === 0
        ? 'what the model is asked is again like what it learned from'
        : `${shifted.map(({ name }) => name).join(', ')}: not as when the model was made; look ` +
          'whether the shop or its tracking changed, then train again', values);
    }
    if (anomalies !== null) {
      finding('anomalies', anomalies > WATCH_LIMITS.anomalousMax,
        `${(100 * anomalies).toFixed(1)} % of the requests are unlike nearly all that the model ` +
        'learned from: robots, or events that say something else than before', { share: anomalies });
    }
    if (!quality) return;
    const { excess, ece, said, baseRate, auc } = quality;
    finding('calibration', Math.abs(excess) > 3 && Math.abs(said - baseRate) > 0.2 * baseRate,
      `it says ${(100 * said).toFixed(1)} %, ${(100 * baseRate).toFixed(1)} % happened`,
      { ece, excess, said, happened: baseRate });
    if (!auc || promisedAuc === null) return;
    finding('ranking', auc.high < promisedAuc - 0.02,
      `AUC ${auc.value.toFixed(3)} (${auc.low.toFixed(3)} to ${auc.high.toFixed(3)}), ` +
      `${promisedAuc.toFixed(3)} when it was made`, { auc: auc.value, promised: promisedAuc });
  }

  #learn(one: Resolved): void {
    if (this.#resolved.length < WATCH_LIMITS.resolvedMax) this.#resolved.push(one);
    else this.#resolved[this.#next] = one;
    this.#next = (this.#next + 1) % WATCH_LIMITS.resolvedMax;
    const said = this.#online.learn(one.row, one.label, logOdds(one.probability));
    const gain = loss(one.probability, one.label) - loss(said, one.label);
    this.#offlineLoss += loss(one.probability, one.label);
    this.#gain.sum += gain;
    this.#gain.squares += gain * gain;
  }

  #inOrder(): Resolved[] {
    const full = this.#resolved.length === WATCH_LIMITS.resolvedMax;
    return full
      ? [...this.#resolved.slice(this.#next), ...this.#resolved.slice(0, this.#next)]
      : [...this.#resolved];
  }
}

function logOdds(probability: number): number {
  const p = Math.max(1e-6, Math.min(1 - 1e-6, probability));
  return Math.log(p / (1 - p));
}

function loss(p: number, label: 0 | 1): number {
  return -Math.log(Math.max(1e-12, label === 1 ? p : 1 - p));
}
