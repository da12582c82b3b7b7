import { join } from 'node:path';
import type { Addon } from './ann/binding.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import { ServeError } from './core/errors.ts';
import type { Inference } from './core/inference.ts';
import type { Log } from './core/log.ts';
import { ItemTexts } from './storefront/retrieval/live/item-texts.ts';
import { CatalogueEncoder } from './storefront/text/catalogue-encoder.ts';
import { TextCache } from './storefront/text/text-cache.ts';
import { openTextModel, TextEncoder, type TextModel } from './storefront/text/text-encoder.ts';

/** The items' texts, and who reads them: null where they are character n-grams. */
export interface Texts {
  readonly texts: ItemTexts;
  readonly model: TextModel | null;
}

/** Fails with `bad_argument` or `backend` where `VITRINE_TEXT_ENCODER` names what cannot be used. */
export async function openTexts(
  { textEncoder }: Pick<Config, 'textEncoder'>, repository: string, addon: Pick<Addon, 'VectorIndex'>,
): Promise<Texts> {
  if (textEncoder === '') return { texts: new ItemTexts(addon), model: null };
  const model = await openTextModel(repository, textEncoder);
  return { texts: new ItemTexts(addon, undefined, 'encoder'), model };
}

/**
 * Begins to read them, with models that are loaded. One text is read first: an encoder that cannot be used
 * ends the start. Fails with what the model says.
 */
export async function readTexts(
  { texts, model }: Texts, { dataDir }: Pick<Config, 'dataDir'>, inference: Inference, clock: Clock, log: Log,
): Promise<CatalogueEncoder | null> {
  if (!model) return null;
  const encoder = new TextEncoder(inference, model);
  const [vector] = await encoder.encode(['a lamp']);
  if (!vector) throw new ServeError('backend', `text encoder '${model.model}': its vectors are nothing, or no numbers`);
  const cache = new TextCache(join(dataDir, 'indexes', 'texts.vectors'), model.digest, vector.length, log);
  log.info("items' texts are read by a model", {
    model: model.model, version: model.version, numbers: vector.length, known: cache.size,
  });
  return new CatalogueEncoder(texts, encoder, cache, clock, log);
}
