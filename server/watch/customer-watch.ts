import type { Clock } from '../core/clock.ts';
import type { Inference } from '../core/inference.ts';
import type { Log } from '../core/log.ts';
import { float32Tensor, float32View } from '../core/tensor.ts';
import { purchasesOfHistory } from '../customers/from-history.ts';
import { FEATURES_WIDTH, HISTORY_WIDTH, landmarkOf } from '../customers/known-customer.ts';
import { countBy } from '../customers/purchases.ts';
import { BIN_ENDS, buyWithin, survivalOf } from '../customers/survival.ts';
import { HISTORY_CHANNELS, HISTORY_LENGTH, writeTimingInputs } from '../customers/timing-inputs.ts';
import type { Histories } from '../features/histories.ts';
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
  readonly clock: Clock;
  readonly log: Log;
}

/** A sample of customers as models see them: rows of features, then of their history. */
interface Asked {
  readonly rows: Float32Array[];
  readonly labels: (0 | 1)[];
  readonly atMs: number[]; // the end of the day that they are seen at
}

/**
 * Asks the models of customers once a day about a sample of all of them, not of those who happen to
 * visit: as of now, for drift; and as they were a week before the day that is over, for what has come
 * of it since. What was known then is in the histories, and the same inputs get the same answer, so
 * nothing has to be kept over a restart. Days that the version may have learned from are left out.
 */
export class CustomerWatch {
  #untilMs = -Infinity; // no look before

  constructor(private readonly parts: CustomerWatchParts) {}

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
    const { chances } = await askWeek(this.parts.inference, now.rows);
    now.rows.forEach((row, i) => watch.asked(row, chances[i] as number));
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
  inference: Inference, rows: readonly Float32Array[], version?: string,
): Promise<{ readonly chances: Float64Array; readonly versions: string[] }> {
  const chances = new Float64Array(rows.length);
  const versions: string[] = [];
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
      outputs: [output],
    });
    const hazards = told.outputs[0] ? float32View(told.outputs[0]) : new Float32Array(0);
    const bins = BIN_ENDS.length;
    some.forEach((_, i) => {
      chances[from + i] = buyWithin(survivalOf(hazards.subarray(i * bins, (i + 1) * bins)), days);
      versions.push(told.version);
    });
  }
  return { chances, versions };
}
