import type { Clock } from '../core/clock.ts';
import type { Inference } from '../core/inference.ts';
import type { Log } from '../core/log.ts';
import { float32Tensor, float32View, type Tensor } from '../core/tensor.ts';
import { purchasesOfHistory } from '../customers/from-history.ts';
import { FEATURES_WIDTH, HISTORY_WIDTH, landmarkOf } from '../customers/known-customer.ts';
import { countBy } from '../customers/purchases.ts';
import { BIN_ENDS, buyWithin, survivalOf } from '../customers/survival.ts';
import { HISTORY_CHANNELS, HISTORY_LENGTH, writeTimingInputs } from '../customers/timing-inputs.ts';
import type { Histories } from '../features/histories.ts';
import type { Alerts } from './alerts.ts';
import type { ModelWatch } from './model-watch.ts';

const DAY_MS = 86_400_000;
const ROW_WIDTH = FEATURES_WIDTH + HISTORY_WIDTH;

export const CUSTOMER_WATCH = {
  model: 'customers',
  output: 'hazard',
  days: 7, // what is watched is the chance to buy within them: known after a week, not after a quarter
  customersMax: 1000, // of a day's sample
  rowsAtOnce: 32, // that the recipe's model takes
} as const;

export interface CustomerWatchParts {
  readonly watch: Pick<ModelWatch, 'asked' | 'known'>;
  readonly inference: Inference;
  readonly customers: () => Pick<Histories, 'all' | 'count'>;
  readonly timeZone: string; // of customers who name none
  /** The last day that a version may have learned from, since 1970-01-01. */
  readonly learnedTo: (version: string) => number;
  /** Shares of the segments when a version was made; null where it has none. */
  readonly shares: (version: string) => readonly number[] | null;
  readonly alerts: Pick<Alerts, 'report'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A sample of customers as models see them: rows of features, then of their history. */
interface Asked {
  readonly rows: Float32Array[];
  readonly labels: (0 | 1)[];
  readonly atMs: number[]; // the end of the day that they are seen at
}

/** Sizes of the segments at the last look, beside those of the training. */
export interface SegmentSizes {
  readonly before: readonly number[]; // shares, by the segment's number
  readonly now: readonly number[];
  readonly psi: number;
}

const SHIFTED_PSI = 0.25; // as of a column
const LEAST_ROWS = 200; // before sizes are compared

/**
 * Asks the models of customers once a day about a sample of all of them, not of those who happen to
 * visit: as of now, for drift; and as they were a week before the day that is over, for what has come
 * of it since. What was known then is in the histories, and the same inputs get the same answer, so
 * nothing has to be kept over a restart. Days that the version may have learned from are left out.
 */
export class CustomerWatch {
  #untilMs = -Infinity; // no look before
  #sizes: SegmentSizes | null = null;

  constructor(private readonly parts: CustomerWatchParts) {}

  /** Null before a look, and of models without segments. */
  get sizes(): SegmentSizes | null {
    return this.#sizes;
  }

  /** One look, where a day has passed. Never rejects. */
  async look(): Promise<void> {
    const { clock, inference, log } = this.parts;
    if (clock.wallMs() < this.#untilMs || !inference.ready(CUSTOMER_WATCH.model)) return;
    this.#untilMs = clock.wallMs() + DAY_MS;
    try {
      await this.#look();
    } catch (cause) {
      log.error('a look at the customers failed', { cause: String(cause) });
    }
  }

  async #look(): Promise<void> {
    const { watch, learnedTo } = this.parts;
    const { now, then } = this.#sample();
    const { chances, versions, segments } = await askWeek(this.parts.inference, now.rows, undefined, true);
    now.rows.forEach((row, i) => watch.asked(row, chances[i] as number));
    this.#compareSizes(versions, segments);
    const before = await askWeek(this.parts.inference, then.rows);
    then.rows.forEach((row, i) => {
      const version = before.versions[i] as string;
      const atMs = then.atMs[i] as number;
      if (atMs < (learnedTo(version) + 1) * DAY_MS) return;
      watch.known({
        row, version, atMs, probability: before.chances[i] as number, label: then.labels[i] as 0 | 1,
      });
    });
  }

  #compareSizes(versions: readonly string[], segments: readonly number[]): void {
    const version = versions.at(-1);
    const before = version === undefined ? null : this.parts.shares(version);
    const own = segments.filter((_, i) => versions[i] === version);
    if (!before || own.length < LEAST_ROWS) return;
    const now = before.map((_, segment) => own.filter((one) => one === segment).length / own.length);
    const psi = now.reduce((sum, share, i) => {
      const [a, b] = [Math.max(1e-4, before[i] as number), Math.max(1e-4, share)];
      return sum + (b - a) * Math.log(b / a);
    }, 0);
    this.#sizes = { before, now, psi };
    const percent = (shares: readonly number[]): string =>
      shares.map((share) => `${(100 * share).toFixed(0)} %`).join(', ');
    this.parts.alerts.report({
      alert: 'segments', model: CUSTOMER_WATCH.model, firing: psi >= SHIFTED_PSI,
      text: `segments are ${percent(now)} of the customers, ${percent(before)} when they were learned`,
      values: { psi },
    });
  }

  /** An even share of the customers, others each day. */
  #sample(): { readonly now: Asked; readonly then: Asked } {
    const { clock, timeZone, customers } = this.parts;
    const nowMs = clock.wallMs();
    const apart = Math.max(1, Math.ceil(customers().count / CUSTOMER_WATCH.customersMax));
    let place = Math.floor(nowMs / DAY_MS) % apart;
    const now: Asked = { rows: [], labels: [], atMs: [] };
    const then: Asked = { rows: [], labels: [], atMs: [] };
    for (const [id, history] of customers().all()) {
      place -= 1;
      if (place >= 0) continue;
      place = apart - 1;
      const purchases = purchasesOfHistory(id, history);
      if (!purchases) continue;
      const today = landmarkOf(purchases, history, nowMs, timeZone);
      const see = (to: Asked, day: number): void => {
        const row = new Float32Array(ROW_WIDTH);
        writeTimingInputs(purchases, day, row, 0, row, FEATURES_WIDTH);
        to.rows.push(row);
        const after = purchases.days[countBy(purchases, day)];
        to.labels.push(after !== undefined && after <= day + CUSTOMER_WATCH.days ? 1 : 0);
        to.atMs.push((day + 1) * DAY_MS);
      };
      see(now, today);
      const week = today - 1 - CUSTOMER_WATCH.days; // yesterday is over
      if ((purchases.days[0] as number) <= week) see(then, week);
    }
    return { now, then };
  }
}

/** What a version (the one that answers, where none is named) says of rows: the chance to buy in a week. */
export async function askWeek(
  inference: Inference, rows: readonly Float32Array[], version?: string, withSegments = false,
): Promise<{ readonly chances: Float64Array; readonly versions: string[]; readonly segments: number[] }> {
  const chances = new Float64Array(rows.length);
  const versions: string[] = [];
  const segments: number[] = []; // of models that have them
  const { rowsAtOnce, model, output, days } = CUSTOMER_WATCH;
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const some = rows.slice(from, from + rowsAtOnce);
    const features = new Float32Array(some.length * FEATURES_WIDTH);
    const history = new Float32Array(some.length * HISTORY_WIDTH);
    some.forEach((row, i) => {
      features.set(row.subarray(0, FEATURES_WIDTH), i * FEATURES_WIDTH);
      history.set(row.subarray(FEATURES_WIDTH), i * HISTORY_WIDTH);
    });
    const told = await inference.infer({
      model,
      ...(version !== undefined && { version }),
      inputs: [
        float32Tensor('history', [some.length, HISTORY_LENGTH, HISTORY_CHANNELS.length], history),
        float32Tensor('features', [some.length, FEATURES_WIDTH], features),
      ],
      ...(!withSegments && { outputs: [output] }),
    });
    const named = (name: string): Tensor | undefined => told.outputs.find((each) => each.name === name);
    const [hazard, segment] = [named(output), named('segment')];
    const hazards = hazard ? float32View(hazard) : new Float32Array(0);
    if (segment) {
      const { buffer, byteOffset } = segment.data;
      const view = new DataView(buffer, byteOffset);
      some.forEach((_, i) => segments.push(view.getInt32(4 * i, true)));
    }
    const bins = BIN_ENDS.length;
    some.forEach((_, i) => {
      chances[from + i] = buyWithin(survivalOf(hazards.subarray(i * bins, (i + 1) * bins)), days);
      versions.push(told.version);
    });
  }
  return { chances, versions, segments };
}
