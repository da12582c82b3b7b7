import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Addon } from '../../ann/binding.ts';
import type { Log } from '../../core/log.ts';
import type { Store } from '../../store/store.ts';
import { loadItemVectors } from '../item-vocabulary.ts';
import { newestVersion } from '../taste.ts';
import { HybridRetriever } from './hybrid-retriever.ts';
import { readSettings } from './settings.ts';
import { ItemVectorIndex } from './sources/item-vectors.ts';

export interface RetrieverSetting {
  readonly addon: Addon;
  readonly store: Store;
  readonly repository: string; // a model repository's folder
  readonly log: Log;
}

/**
 * The retriever over a store's catalogue and what `vitrine train` made: settings and vectors. What
 * is missing is left out and said once in the log. It knows no visits yet: `Shop.open` tells it the
 * past ones. Fails with `bad_argument` (settings) or `backend` (vectors) naming a damaged file.
 */
export function openRetriever(setting: RetrieverSetting): HybridRetriever {
  const { addon, store, repository, log } = setting;
  const settings = readSettings(repository);
  const index = new addon.SessionIndex({
    ruleWindow: settings.rules.window,
    ruleAgeDecay: settings.rules.ageDecay,
  });
  const vectors = { addon, repository, rowOf: (id: string) => store.item(id)?.row, log };
  const retriever = new HybridRetriever({
    index,
    settings,
    itemCount: () => store.itemCount,
    taste: openVectors(vectors, 'session-encoder', 'ip'),
    similar: openVectors(vectors, 'item-vectors', 'cosine'),
  });
  log.info('recommendations have sources', { sources: retriever.sources });
  return retriever;
}

export interface VectorSetting {
  readonly addon: Addon;
  readonly repository: string;
  readonly rowOf: (item: string) => number | undefined;
  readonly log: Log;
}

/** The learned vectors of a model, or null where it is not in the repository. */
export function openVectors(
  { addon, repository, rowOf, log }: VectorSetting,
  model: string,
  metric: 'ip' | 'cosine',
): ItemVectorIndex | null {
  const folder = join(repository, model);
  const version = existsSync(folder) ? newestVersion(folder) : null;
  if (version === null || !existsSync(join(folder, version, 'item_vectors.f32'))) {
    log.warn('a source of recommendations is absent', { model, repository });
    return null;
  }
  const learned = loadItemVectors(join(folder, version));
  const vectors = new ItemVectorIndex(addon, learned, metric, rowOf);
  const { size } = vectors;
  // E.g. the shipped models beside a shop's own data: then their items are not this shop's.
  if (size === 0) log.warn('no item of a model is in the store', { model, repository });
  return size === 0 ? null : vectors;
}
