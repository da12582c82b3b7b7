import { asServeError, ServeError } from '../core/errors.ts';
import type { Inference, InferResult } from '../core/inference.ts';
import { float32Tensor, float32View, type Tensor } from '../core/tensor.ts';
import type { Habits } from '../customers/contact.ts';
import { type Facts, factsOf } from '../customers/facts.ts';
import { purchasesOfHistory } from '../customers/from-history.ts';
import {
  FEATURES_WIDTH, HISTORY_WIDTH, ownHabits, shopHabits, writeCustomer,
} from '../customers/known-customer.ts';
import type { CustomerPurchases } from '../customers/purchases.ts';
import { timingSaid, WINDOW_DAYS } from '../customers/said.ts';
import { HISTORY_CHANNELS, HISTORY_LENGTH } from '../customers/timing-inputs.ts';
import type { History } from '../features/history.ts';
import type { InsightReply, Language, Sourced, WhyReply } from '../wire/schema.ts';
import {
  CUSTOMER_PARTS, type CustomerCard, type CustomerModels, type CustomerPart, OWN_SOURCE,
} from './customer-models.ts';
import {
  askMixes, EXPLAINED_PARTS, explainedDays, type ExplainedPart, type Mixes, usualCustomers, whyOf,
} from './customer-why.ts';
import { DEMO_SOURCE } from './insight.ts';

export const HORIZONS_DEFAULT: readonly number[] = [1, 7, 30, 90];

const HABITS_MS = 3_600_000; // how long the shop's habits are taken for the same
export const HABITS_CUSTOMERS = 2000; // that they are told by: some 2 ms, once in that time

/** What a model of customers is asked with. */
export interface AskedCustomer {
  readonly landmark: number;
  readonly features: Float32Array;
  readonly steps: Float32Array; // the input `history`
  readonly own: Habits;
  readonly purchases: CustomerPurchases;
  /** What models were asked about them, by model: parts that one model says ask it once. */
  readonly told: Map<string, Promise<InferResult>>;
  readonly mixes: Map<string, Promise<Mixes>>; // the same, to explain it
}

export interface CustomerWanted {
  readonly horizons?: readonly number[];
  readonly reasons?: number; // of each part that has some, at most; none when absent
  readonly language?: Language;
  readonly deadlineMs?: number;
  readonly priority?: number;
}

export type CustomerAnswers = Pick<InsightReply, CustomerPart>;

/** What holds for a shop for an hour: when its customers buy, and some of them to compare others with. */
export interface Usual {
  readonly habits: Habits;
  readonly customers: readonly Facts[];
}

/** What models say of one customer: when they buy, whether they leave, what they spend, who they are. */
export class CustomerInsight {
  #usual: { readonly shop: Usual; readonly untilMs: number } | null = null;

  /** `demo`: the shop is the demo shop, whose models are its own. */
  constructor(
    private readonly inference: Inference,
    private readonly models: CustomerModels,
    private readonly shop: { readonly timeZone: string; readonly demo: boolean },
  ) {}

  /** Parts that there are models for, now. */
  get parts(): CustomerPart[] {
    return CUSTOMER_PARTS.filter((part) => this.models.has(part));
  }

  has(part: CustomerPart): boolean {
    return this.models.has(part);
  }

  /** Null of who has bought nothing that is remembered: models have nothing to go by. */
  asked(id: string, history: History | undefined, nowMs: number): AskedCustomer | null {
    const purchases = history && purchasesOfHistory(id, history);
    if (!purchases) return null;
    const features = new Float32Array(FEATURES_WIDTH);
    const steps = new Float32Array(HISTORY_WIDTH);
    const landmark = writeCustomer(
      purchases, history, nowMs, this.shop.timeZone, features, 0, steps, 0);
    return {
      landmark, features, steps, own: ownHabits(history), purchases, told: new Map(), mixes: new Map(),
    };
  }

  /** By some of the shop's customers, for an hour. */
  usual(customers: () => Iterable<readonly [string, History]>, nowMs: number): Usual {
    if (!this.#usual || nowMs >= this.#usual.untilMs) {
      const shop = {
        habits: shopHabits(customers(), HABITS_CUSTOMERS),
        customers: usualCustomers(customers(), nowMs, this.shop.timeZone),
      };
      this.#usual = { shop, untilMs: nowMs + HABITS_MS };
    }
    return this.#usual.shop;
  }

  /**
   * One part, and what to know before it is used; without reasons where they alone fail. Rejects with
   * what `Inference` does.
   */
  async of(
    part: CustomerPart, customer: AskedCustomer, usual: Usual, wanted: CustomerWanted,
  ): Promise<{ readonly answer: CustomerAnswers; readonly notes: readonly string[] }> {
    const { model, output } = this.models.source(part);
    let asking = customer.told.get(model);
    if (!asking) {
      asking = this.#infer(model, this.#inputs(model, customer.features, customer.steps, 1), wanted);
      customer.told.set(model, asking);
    }
    const result = await asking;
    const card = this.models.card(model, result.version);
    const { trainedOn } = card;
    const source: Sourced = {
      model: result.model, version: result.version, trainedOn, timing: result.timing,
    };
    const own = trainedOn.startsWith(OWN_SOURCE) || (this.shop.demo && trainedOn.startsWith(DEMO_SOURCE));
    const notes = own ? [] : [`${part}: the model is another shop's, it learned from ${trainedOn}`];
    const answer = answerOf(part, result, output, card, source, customer, usual.habits, wanted);
    if (wanted.reasons !== undefined && isExplained(part)) {
      try {
        const why = await this.#why(part, result, output, customer, usual, wanted);
        Object.assign(answer[part] as object, { why });
      } catch (thrown) {
        const { code, message } = asServeError(thrown);
        notes.push(`${part}: no reasons: ${code}: ${message}`);
      }
    }
    return { answer, notes };
  }

  async #why(
    part: ExplainedPart, { model, version, timing }: InferResult, output: string,
    customer: AskedCustomer, usual: Usual, wanted: CustomerWanted,
  ): Promise<WhyReply> {
    const { reasons: top = 0, language = 'en', horizons = HORIZONS_DEFAULT, deadlineMs } = wanted;
    let asking = customer.mixes.get(model);
    if (!asking) {
      const leftMs = deadlineMs && Math.max(1, deadlineMs - (timing.queueUs + timing.runUs) / 1000);
      const mine = factsOf(customer.purchases, customer.landmark);
      const patience = { ...wanted, ...(leftMs !== undefined && { deadlineMs: leftMs }) };
      asking = askMixes(
        mine, usual.customers.length > 0 ? usual.customers : [mine], customer.landmark,
        (features, steps, rows) => this.#inputs(model, features, steps, rows),
        (inputs) => this.#infer(model, inputs, patience, version));
      customer.mixes.set(model, asking);
    }
    return whyOf(part, await asking, output, { days: explainedDays(part, horizons), top, language });
  }

  #inputs(model: string, features: Float32Array, steps: Float32Array, rows: number): Tensor[] {
    return this.models.inputs(model).map((name): Tensor => {
      if (name === 'features') return float32Tensor(name, [rows, FEATURES_WIDTH], features);
      if (name === 'history') {
        return float32Tensor(name, [rows, HISTORY_LENGTH, HISTORY_CHANNELS.length], steps);
      }
      throw new ServeError('backend', `'${model}' wants '${name}', which is not known of customers`);
    });
  }

  async #infer(
    model: string, inputs: Tensor[], { deadlineMs, priority }: CustomerWanted, version?: string,
  ): Promise<InferResult> {
    try {
      return await this.inference.infer({
        model, inputs,
        ...(version !== undefined && { version }),
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(priority !== undefined && { priority }),
      });
    } catch (thrown) {
      if (thrown instanceof ServeError && thrown.code === 'bad_tensor') this.models.changed(model);
      throw thrown;
    }
  }
}

function isExplained(part: CustomerPart): part is ExplainedPart {
  return EXPLAINED_PARTS.some((one) => one === part);
}

function answerOf(
  part: CustomerPart, result: InferResult, name: string, { data }: CustomerCard, source: Sourced,
  { landmark, own }: AskedCustomer, habits: Habits, { horizons, language }: CustomerWanted,
): CustomerAnswers {
  const output = outputOf(result, name);
  switch (part) {
    case 'timing': {
      const hazards = float32View(output);
      for (const hazard of hazards) checked(result, hazard, 0, 1);
      return { timing: {
        ...timingSaid(hazards, horizons ?? HORIZONS_DEFAULT, landmark, own, habits), ...source,
      } };
    }
    case 'churn': return { churn: {
      probability: checked(result, float32View(output)[0], 0, 1), days: WINDOW_DAYS, ...source,
    } };
    case 'value': return { value: {
      expected: checked(result, float32View(output)[0], 0, Infinity), days: WINDOW_DAYS, ...source,
    } };
    case 'segment': {
      const id = int32Of(output);
      const { name: called, share } = segmentOf(data, id, language);
      if (called === undefined || share === undefined) {
        throw new ServeError('backend', `the card of '${result.model}' has no segment ${id}`);
      }
      return { segment: { id, name: called, share, ...source } };
    }
  }
}

/** A segment's name and share as a card has them; undefined what it has not. */
export function segmentOf(
  data: CustomerCard['data'], id: number, language: Language = 'en',
): { name: string | undefined; share: number | undefined } {
  const name = data[language === 'zh' ? `segment_${id}_zh` : `segment_${id}`];
  const share = data[`share_${id}`];
  return {
    name: typeof name === 'string' ? name : undefined,
    share: typeof share === 'number' ? share : undefined,
  };
}

function outputOf({ model, outputs }: InferResult, wanted: string): Tensor {
  const output = outputs.find(({ name }) => name === wanted);
  if (!output) throw new ServeError('backend', `'${model}' gave no output '${wanted}'`);
  return output;
}

function int32Of({ data }: Tensor): number {
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getInt32(0, true);
}

function checked({ model }: InferResult, value: number | undefined, min: number, max: number): number {
  if (value !== undefined && value >= min && value <= max && value < Infinity) return value;
  throw new ServeError('backend', `'${model}' gave ${value}, which is not from ${min} to ${max}`);
}
