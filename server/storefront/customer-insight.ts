import { ServeError } from '../core/errors.ts';
import type { Inference, InferResult } from '../core/inference.ts';
import { float32Tensor, float32View, type Tensor } from '../core/tensor.ts';
import type { Habits } from '../customers/contact.ts';
import { purchasesOfHistory } from '../customers/from-history.ts';
import {
  FEATURES_WIDTH, HISTORY_WIDTH, ownHabits, shopHabits, writeCustomer,
} from '../customers/known-customer.ts';
import { timingSaid, WINDOW_DAYS } from '../customers/said.ts';
import { HISTORY_CHANNELS, HISTORY_LENGTH } from '../customers/timing-inputs.ts';
import type { History } from '../features/history.ts';
import type { InsightReply, Language, Sourced } from '../wire/schema.ts';
import {
  CUSTOMER_PARTS, type CustomerCard, type CustomerModels, type CustomerPart, OWN_SOURCE,
} from './customer-models.ts';
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
  /** What models were asked about them, by model: parts that one model says ask it once. */
  readonly told: Map<string, Promise<InferResult>>;
}

export interface CustomerWanted {
  readonly horizons?: readonly number[];
  readonly language?: Language;
  readonly deadlineMs?: number;
  readonly priority?: number;
}

export type CustomerAnswers = Pick<InsightReply, CustomerPart>;

/** What models say of one customer: when they buy, whether they leave, what they spend, who they are. */
export class CustomerInsight {
  #habits: { readonly shop: Habits; readonly untilMs: number } | null = null;

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
    return { landmark, features, steps, own: ownHabits(history), told: new Map() };
  }

  /** The shop's habits by some of its customers, for an hour. */
  habits(customers: () => Iterable<readonly [string, History]>, nowMs: number): Habits {
    if (!this.#habits || nowMs >= this.#habits.untilMs) {
      this.#habits = { shop: shopHabits(customers(), HABITS_CUSTOMERS), untilMs: nowMs + HABITS_MS };
    }
    return this.#habits.shop;
  }

  /** One part, and what to know before it is used. Rejects with what `Inference` does. */
  async of(
    part: CustomerPart, customer: AskedCustomer, habits: Habits, wanted: CustomerWanted,
  ): Promise<{ readonly answer: CustomerAnswers; readonly note: string | null }> {
    const { model, output } = this.models.source(part);
    let asking = customer.told.get(model);
    if (!asking) {
      asking = this.#infer(model, customer, wanted);
      customer.told.set(model, asking);
    }
    const result = await asking;
    const card = this.models.card(model, result.version);
    const { trainedOn } = card;
    const source: Sourced = {
      model: result.model, version: result.version, trainedOn, timing: result.timing,
    };
    const own = trainedOn.startsWith(OWN_SOURCE) || (this.shop.demo && trainedOn.startsWith(DEMO_SOURCE));
    return {
      answer: answerOf(part, result, output, card, source, customer, habits, wanted),
      note: own ? null : `${part}: the model is another shop's, it learned from ${trainedOn}`,
    };
  }

  async #infer(
    model: string, { features, steps }: AskedCustomer, { deadlineMs, priority }: CustomerWanted,
  ): Promise<InferResult> {
    const inputs = this.models.inputs(model).map((name): Tensor => {
      if (name === 'features') return float32Tensor(name, [1, FEATURES_WIDTH], features);
      if (name === 'history') return float32Tensor(name, HISTORY_SHAPE, steps);
      throw new ServeError('backend', `'${model}' wants '${name}', which is not known of customers`);
    });
    try {
      return await this.inference.infer({
        model, inputs,
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(priority !== undefined && { priority }),
      });
    } catch (thrown) {
      if (thrown instanceof ServeError && thrown.code === 'bad_tensor') this.models.changed(model);
      throw thrown;
    }
  }
}

const HISTORY_SHAPE = [1, HISTORY_LENGTH, HISTORY_CHANNELS.length];

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
