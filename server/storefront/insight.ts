import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import { float32Tensor, float32View } from '../core/tensor.ts';
import type { Explainer } from '../explain/explainer.ts';
import { mayTeach } from '../wire/schema.ts';
import type { InsightReply, Language, ShopEvent, WhyReply } from '../wire/schema.ts';

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

/** Watches what is predicted: copies or keeps `row`, which nobody writes to afterwards. */
export interface IntentWatch {
  predicted(session: string, row: Float32Array, probability: number, version: string): void;
  /** What outcomes since the training make of the probability; null where they have proved nothing. */
  better(row: Float32Array, probability: number): number | null;
}

/** Will this session end in a purchase? */
export class Insight {
  constructor(
    private readonly inference: Inference,
    private readonly intent: IntentModel,
    private readonly explainer: Explainer | null = null,
    private readonly watch: IntentWatch | null = null,
  ) {}

  /** What to know before an answer is used: a figure of another shop says little of this one. */
  get degraded(): string[] {
    const { foreign, trainedOn } = this.intent;
    return foreign ? [`intent: the model is another shop's, it learned from ${trainedOn}`] : [];
  }

  /**
   * For a session's events by the shop's clock, none for an unknown visitor; with reasons where
   * some are wanted. Rejects with what `Inference` does: there is no answer without the model.
   */
  async of(
    events: readonly ShopEvent[],
    wallMs: number,
    deadlineMs: number | undefined,
    priority?: number,
    wanted: Wanted = {},
  ): Promise<NonNullable<InsightReply['intent']>> {
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
    const said = probability(model, result.outputs[0] && float32View(result.outputs[0])[0]);
    const better = events.length === 0 ? null : this.watch?.better(values, said) ?? null;
    this.#tell(events, values, said, result.version);
    const spentMs = (result.timing.queueUs + result.timing.runUs) / 1000;
    const leftMs = deadlineMs === undefined ? undefined : deadlineMs - spentMs;
    const why = wanted.reasons === undefined
      ? undefined
      : await this.#why(values, said, result.version, wanted, leftMs, priority);
    return {
      probability: better ?? said,
      ...(better !== null && { offline: said }),
      model: result.model,
      version: result.version,
      trainedOn,
      features: named(names, values),
      timing: result.timing,
      ...(why && { why }),
    };
  }

  /** By the explainer of the version that answered. Fails with `unsupported` where there is none. */
  async #why(
    row: Float32Array, value: number, version: string, { reasons = 0, language = 'en' }: Wanted,
    leftMs: number | undefined, priority: number | undefined,
  ): Promise<WhyReply> {
    const { model } = this.intent;
    if (!this.explainer?.has(model, version)) {
      throw new ServeError('unsupported', `'${model}' version ${version} has no explainer: ask without reasons`);
    }
    const { method, scale, base = NaN, reasons: found = [], text } = await this.explainer.attribute(
      { model, version, row, value, top: reasons, language },
      { ...(leftMs !== undefined && { leftMs: () => leftMs }), ...(priority !== undefined && { priority }) });
    return { method, scale, base, reasons: found, text };
  }

  /** A session of which something is without consent teaches nobody anything. */
  #tell(
    events: readonly ShopEvent[], values: Float32Array, said: number, version: string,
  ): void {
    const session = events[0]?.session;
    if (!this.watch || session === undefined) return;
    if (events.some((event) => !mayTeach(event))) return;
    this.watch.predicted(session, values, said, version);
  }
}

function named(names: readonly string[], values: Float32Array): Record<string, number> {
  const map: Record<string, number> = {};
  for (let at = 0; at < names.length; at += 1) map[names[at] as string] = values[at] as number;
  return map;
}

/** What of an answer is wanted besides: at most so many reasons, in this language. */
export interface Wanted {
  readonly reasons?: number;
  readonly language?: Language;
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
