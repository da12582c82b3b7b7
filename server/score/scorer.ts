import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelFolder, readModel } from '../catalog/repository.ts';
import { versionNumber } from '../catalog/versions.ts';
import { ServeError } from '../core/errors.ts';
import { DATATYPE_ARRAYS, type Datatype, elements, type TensorArray } from '../core/tensor.ts';
import { datatypeOf, type TensorConfig } from '../catalog/model-config.ts';
import type { Habits } from '../customers/contact.ts';
import { purchasesOfHistory } from '../customers/from-history.ts';
import { FEATURES_WIDTH, HISTORY_WIDTH, ownHabits, writeCustomer } from '../customers/known-customer.ts';
import { timingSaid, WINDOW_DAYS } from '../customers/said.ts';
import { BIN_ENDS } from '../customers/survival.ts';
import type { History } from '../features/history.ts';
import { openRuntime } from '../runtime/open-runtime.ts';
import type { RunningModel } from '../runtime/runtime.ts';
import { segmentOf } from '../storefront/customer-insight.ts';
import {
  CUSTOMER_MODELS, type CustomerCard, type CustomerPart, type PartSource, readCard, sourceOf,
  TOGETHER_MODEL,
} from '../storefront/customer-models.ts';
import type { Language } from '../wire/schema.ts';
import type { ColumnSpec, ColumnValues } from './table.ts';

/** Rows that models run at once: more of them gain nothing, and fall out of the caches. */
export const CHUNK_ROWS = 512;

export interface ScorerSetting {
  readonly repository: string;
  readonly parts: readonly CustomerPart[];
  readonly horizons: readonly number[];
  readonly language: Language;
  readonly timeZone: string;
  readonly nowMs: number;
  readonly habits: Habits; // the shop's
}

interface Loaded {
  readonly model: string;
  readonly version: string;
  readonly running: RunningModel;
  readonly inputs: readonly TensorArray[];
  readonly outputs: readonly TensorArray[];
  readonly answers: ReadonlyMap<CustomerPart, TensorArray>; // of the outputs, those that are read
  readonly card: CustomerCard;
}

/** What `insight` says of a customer, of many at once and as columns; on this thread. */
export class Scorer {
  readonly specs: readonly ColumnSpec[];
  readonly #features = new Float32Array(CHUNK_ROWS * FEATURES_WIDTH);
  readonly #steps = new Float32Array(CHUNK_ROWS * HISTORY_WIDTH);
  readonly #landmarks = new Int32Array(CHUNK_ROWS);
  readonly #own: Habits[] = [];
  readonly #ids: string[] = [];
  readonly #columns: Map<string, string[] | Float32Array | Float64Array | Int32Array>;
  readonly #models: Loaded[] = [];
  #rows = 0;

  private constructor(private readonly setting: ScorerSetting) {
    this.specs = columnsOf(setting);
    this.#columns = new Map(this.specs.map(({ name, type }) => [name, arrayOf(type)]));
  }

  /** Fails with `backend` naming the model that cannot be run, or that wants what is not known. */
  static async open(setting: ScorerSetting): Promise<Scorer> {
    const scorer = new Scorer(setting);
    const sources = await chooseSources(setting.repository, setting.parts);
    for (const model of new Set(sources.map((source) => source.model))) {
      scorer.#models.push(await scorer.#load(model, sources.filter((source) => source.model === model)));
    }
    return scorer;
  }

  /** Which model and version says each part, and what it learned from. */
  get sources(): { part: CustomerPart; model: string; version: string; trainedOn: string }[] {
    return this.#models.flatMap(({ answers, model, version, card: { trainedOn } }) =>
      [...answers.keys()].map((part) => ({ part, model, version, trainedOn })));
  }

  get full(): boolean {
    return this.#rows === CHUNK_ROWS;
  }

  /** Takes a customer into the chunk that is not full. False of who has bought nothing: nobody can say. */
  take(id: string, history: History): boolean {
    const purchases = purchasesOfHistory(id, history);
    if (!purchases) return false;
    const row = this.#rows;
    const { nowMs, timeZone } = this.setting;
    this.#landmarks[row] = writeCustomer(
      purchases, history, nowMs, timeZone,
      this.#features, row * FEATURES_WIDTH, this.#steps, row * HISTORY_WIDTH);
    const habits = this.#own[row];
    habits?.weekdays.fill(0);
    habits?.hours.fill(0);
    this.#own[row] = ownHabits(history, habits);
    this.#ids[row] = id;
    this.#rows += 1;
    return true;
  }

  /** Scores the chunk and empties it. The columns are valid until the next one. */
  async score(): Promise<{ readonly columns: ColumnValues; readonly rows: number }> {
    const rows = this.#rows;
    (this.#columns.get('customer') as string[]).splice(0, Infinity, ...this.#ids.slice(0, rows));
    for (const model of this.#models) {
      await model.running.run(model.inputs, rows, model.outputs);
      for (const [part, answer] of model.answers) this.#read(part, answer, model.card, rows);
    }
    this.#features.fill(0, 0, rows * FEATURES_WIDTH);
    this.#steps.fill(0, 0, rows * HISTORY_WIDTH);
    this.#rows = 0;
    return { columns: this.specs.map(({ name }) => this.#columns.get(name)!), rows };
  }

  async close(): Promise<void> {
    for (const { running } of this.#models) await running.close();
  }

  async #load(model: string, parts: readonly ChosenPart[]): Promise<Loaded> {
    const found = await readModel(this.setting.repository, model);
    const version = String(versionNumber(found));
    // As many rows at once as suits this, whatever suits requests.
    const config = { ...found.config, max_batch_size: CHUNK_ROWS };
    const running = await (await openRuntime(config.platform)).open(join(found.folder, version), config);
    const inputs = config.input.map(({ name }): TensorArray => {
      if (name === 'features') return this.#features;
      if (name === 'history') return this.#steps;
      throw new ServeError('backend', `'${model}' wants '${name}', which is not known of customers`);
    });
    const outputs = config.output.map(outputArray);
    const answers = new Map(parts.map(({ part, output }) => {
      const answer = outputs[config.output.findIndex(({ name }) => name === output)];
      if (!answer) throw new ServeError('backend', `'${model}' has no output '${output}'`);
      return [part, answer];
    }));
    const { trainedOn = 'unknown', data = {} } = readCard(found.folder, version) as Partial<CustomerCard>;
    return { model, version, running, inputs, outputs, answers, card: { trainedOn, data } };
  }

  #read(part: CustomerPart, answer: TensorArray, card: CustomerCard, rows: number): void {
    switch (part) {
      case 'timing': return this.#readTiming(answer as Float32Array, rows);
      case 'churn': return void (this.#columns.get(`churn_${WINDOW_DAYS}`) as Float32Array)
        .set((answer as Float32Array).subarray(0, rows));
      case 'value': return void (this.#columns.get(`value_${WINDOW_DAYS}`) as Float32Array)
        .set((answer as Float32Array).subarray(0, rows));
      case 'segment': {
        const names = this.#columns.get('segment_name') as string[];
        const ids = this.#columns.get('segment') as Int32Array;
        for (let row = 0; row < rows; row += 1) {
          const id = Number(answer[row]);
          ids[row] = id;
          names[row] = segmentOf(card.data, id, this.setting.language).name ?? '';
        }
      }
    }
  }

  #readTiming(hazards: Float32Array, rows: number): void {
    const { horizons, habits } = this.setting;
    const floats = (name: string): Float32Array => this.#columns.get(name) as Float32Array;
    const integers = (name: string): Int32Array => this.#columns.get(name) as Int32Array;
    const within = horizons.map((days) => floats(`buy_${days}`));
    const [chance, expected, low, high] = [
      floats('buy_180'), integers('expected_day'), integers('low_day'), integers('high_day')];
    const dates = this.#columns.get('best_date') as string[];
    const hours = integers('best_hour');
    const bins = BIN_ENDS.length;
    for (let row = 0; row < rows; row += 1) {
      const said = timingSaid(
        hazards.subarray(row * bins, (row + 1) * bins), horizons, this.#landmarks[row] as number,
        this.#own[row] as Habits, habits);
      within.forEach((column, i) => { column[row] = said.within[horizons[i] as number] as number; });
      chance[row] = said.chance;
      expected[row] = said.expectedDay;
      low[row] = said.low;
      high[row] = said.high;
      dates[row] = said.bestMoment.date;
      hours[row] = said.bestMoment.hour;
    }
  }
}

type ChosenPart = PartSource & { readonly part: CustomerPart };

/**
 * As `insight` chooses: the model of all parts where it has a part. One part alone is asked of its own
 * model where that is of the same training: the same answer for less.
 */
async function chooseSources(
  repository: string, parts: readonly CustomerPart[],
): Promise<ChosenPart[]> {
  const read = (model: string): Promise<ModelFolder | null> =>
    existsSync(join(repository, model)) ? readModel(repository, model) : Promise.resolve(null);
  const together = await read(TOGETHER_MODEL);
  const [only] = parts;
  if (together && only && parts.length === 1) {
    const source = CUSTOMER_MODELS[only];
    const single = await read(source.model);
    const made = (model: ModelFolder | null): unknown => (model?.card as { madeAt?: string } | null)?.madeAt;
    if (made(single) !== undefined && made(single) === made(together)) return [{ part: only, ...source }];
  }
  const outputs = together?.config.output.map(({ name }) => name) ?? [];
  return parts.map((part) => ({ part, ...sourceOf(part, outputs) }));
}

const COLUMNS: Readonly<Record<CustomerPart, (horizons: readonly number[]) => ColumnSpec[]>> = {
  timing: (horizons) => [
    ...[...new Set([...horizons, 180])].map((days): ColumnSpec => ({ name: `buy_${days}`, type: 'FLOAT' })),
    { name: 'expected_day', type: 'INT32' }, { name: 'low_day', type: 'INT32' },
    { name: 'high_day', type: 'INT32' }, { name: 'best_date', type: 'STRING' },
    { name: 'best_hour', type: 'INT32' },
  ],
  churn: () => [{ name: `churn_${WINDOW_DAYS}`, type: 'FLOAT' }],
  value: () => [{ name: `value_${WINDOW_DAYS}`, type: 'FLOAT', digits: 2 }],
  segment: () => [{ name: 'segment', type: 'INT32' }, { name: 'segment_name', type: 'STRING' }],
};

function columnsOf({ parts, horizons }: ScorerSetting): ColumnSpec[] {
  return [{ name: 'customer', type: 'STRING' }, ...parts.flatMap((part) => COLUMNS[part](horizons))];
}

function arrayOf(type: ColumnSpec['type']): string[] | Float32Array | Float64Array | Int32Array {
  switch (type) {
    case 'STRING': return [];
    case 'FLOAT': return new Float32Array(CHUNK_ROWS);
    case 'DOUBLE': return new Float64Array(CHUNK_ROWS);
    case 'INT32': return new Int32Array(CHUNK_ROWS);
  }
}

function outputArray(tensor: TensorConfig): TensorArray {
  return new DATATYPE_ARRAYS[datatypeOf(tensor) as Datatype](CHUNK_ROWS * elements(tensor.dims));
}
