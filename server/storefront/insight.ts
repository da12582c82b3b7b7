import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import { float32Tensor, float32View } from '../core/tensor.ts';
import type { InsightReply, ShopEvent } from '../wire/schema.ts';

/** How a model of purchase intent sees a session; it was trained on the same function's answers. */
export interface IntentModel {
  readonly model: string;
  readonly names: readonly string[]; // of the features, in the order of the model's input
  features(events: readonly ShopEvent[], nowMs: number): Float32Array;
  readonly trainedOn: string; // from the model's card: no number goes out without its source
  readonly foreign?: boolean; // it learned from the demo shop, and this is none
}

/** How the cards of the shipped models begin: what says of a model that it is the demo shop's. */
export const DEMO_SOURCE = "the demo shop's simulator";

/** Will this session end in a purchase? */
export class Insight {
  constructor(
    private readonly inference: Inference,
    private readonly intent: IntentModel,
  ) {}

  /** What to know before an answer is used: a figure of another shop says little of this one. */
  get degraded(): string[] {
    const { foreign, trainedOn } = this.intent;
    return foreign ? [`intent: the model is another shop's, it learned from ${trainedOn}`] : [];
  }

  /**
   * For a session's events by the shop's clock, none for an unknown visitor. Rejects with what
   * `Inference` does: there is no answer without the model.
   */
  async of(
    events: readonly ShopEvent[],
    wallMs: number,
    deadlineMs: number | undefined,
    priority?: number,
  ): Promise<InsightReply['intent']> {
    const { model, names, trainedOn } = this.intent;
    const newestMs = events[events.length - 1]?.atMs ?? wallMs;
    const values = this.intent.features(events, Math.max(wallMs, newestMs));
    const result = await this.inference.infer({
      model,
      inputs: [float32Tensor('features', [1, names.length], values)],
      outputs: ['probability'],
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(priority !== undefined && { priority }),
    });
    return {
      probability: probability(model, result.outputs[0] && float32View(result.outputs[0])[0]),
      model: result.model,
      version: result.version,
      trainedOn,
      features: Object.fromEntries(names.map((name, i) => [name, values[i] as number])),
      timing: result.timing,
    };
  }
}

function probability(model: string, value: number | undefined): number {
  if (value !== undefined && value >= 0 && value <= 1) return value;
  throw new ServeError('backend', `'${model}' gave ${value} for a probability`);
}

/** What the card of a model says it was trained on. Null when the repository has no such model. */
export function trainedOn(repository: string, model: string): string | null {
  const folder = join(repository, model);
  if (!existsSync(join(folder, 'config.json'))) return null;
  const path = join(folder, 'card.json');
  try {
    const card = JSON.parse(readFileSync(path, 'utf8')) as { trainedOn?: unknown };
    if (typeof card.trainedOn === 'string') return card.trainedOn;
  } catch (cause) {
    throw new ServeError('backend', `${path}: ${(cause as Error).message}`, { cause });
  }
  throw new ServeError('backend', `${path} does not say what the model was trained on`);
}
