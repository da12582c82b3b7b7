import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Addon } from '../../ann/binding.ts';
import type { Log } from '../../core/log.ts';
import type { Store } from '../../store/store.ts';
import { type ItemVectors, loadItemVectors } from '../item-vocabulary.ts';
import { newestVersion } from '../taste.ts';
import { EventSources } from './event-sources.ts';
import { HybridRetriever } from './hybrid-retriever.ts';
import { ItemTexts } from './live/item-texts.ts';
import { LiveItems } from './live/live-items.ts';
import { chosenWith, DEFAULT_SETTINGS, readSettings } from './settings.ts';
import type { BlendSettings } from './settings.ts';
import { ItemVectorIndex } from './sources/item-vectors.ts';

export interface RetrieverSetting {
  readonly addon: Addon;
  readonly store: Store;
  readonly repository: string; // a model repository's folder
  readonly log: Log;
  readonly cacheFolder?: string; // for graphs that were built; absent: they are built at each start
  /** Of the items' texts: read by an encoder later on, as they wait. Absent: character n-grams. */
  readonly texts?: ItemTexts;
}

/**
 * The retriever over a store's catalogue and what `vitrine train` made: settings and vectors. What
 * is missing, or another shop's, is left out and said once in the log. It knows no visits yet: `Shop.open` tells it the
 * past ones. Fails with `bad_argument` (settings) or `backend` (vectors) naming a damaged file.
 */
export function openRetriever(setting: RetrieverSetting): HybridRetriever {
  const { addon, store, repository, log, cacheFolder } = setting;
  const rowOf = (id: string) => store.item(id)?.row;
  const vectors = {
    addon, repository, rowOf, log, itemCount: store.itemCount, ...(cacheFolder && { cacheFolder }),
  };
  const taste = openVectors(vectors, 'session-encoder', 'ip');
  const similar = openVectors(vectors, 'item-vectors', 'cosine');
  const settings = settingsFor({ repository, log }, { taste, similar });
  const index = new addon.SessionIndex({
    ruleWindow: settings.rules.window,
    ruleAgeDecay: settings.rules.ageDecay,
  });
  const itemCount = (): number => store.itemCount;
  const texts = setting.texts ?? new ItemTexts(addon);
  const live = new LiveItems([taste, similar].filter((each) => each !== null), texts);
  live.take([...store.items()]);
  store.onItems((items) => live.take(items));
  const events = new EventSources(addon, settings);
  const openTaste = (name: string, learned: ItemVectors): ItemVectorIndex => {
    const cache = cacheFolder === undefined
      ? undefined
      : { folder: cacheFolder, name: `arm-${name.replaceAll('/', '-')}`, log };
    const index = new ItemVectorIndex(addon, learned, 'ip', rowOf, store.itemCount, cache);
    live.follow(index, [...store.items()]);
    return index;
  };
  const retriever = new HybridRetriever({
    addon, index, settings, itemCount, taste, similar, events, texts, live, openTaste,
  });
  log.info('recommendations have sources', { sources: retriever.sources });
  return retriever;
}

/**
 * The repository's settings, unless they were chosen with learned vectors that this store has no
 * use for: then they are another shop's, e.g. the shipped demo's beside a shop's own data.
 */
function settingsFor(
  { repository, log }: Pick<RetrieverSetting, 'repository' | 'log'>,
  vectors: Readonly<Record<string, ItemVectorIndex | null>>,
): BlendSettings {
  const settings = readSettings(repository);
  const missing = chosenWith(repository).filter((source) => vectors[source] === null);
  if (missing.length === 0) return settings;
  log.warn('the blend was chosen for another shop: defaults hold until `vitrine train` or `tune`', {
    missing, repository,
  });
  return DEFAULT_SETTINGS;
}

export interface VectorSetting {
  readonly addon: Addon;
  readonly repository: string;
  readonly rowOf: (item: string) => number | undefined;
  readonly itemCount?: number; // that there may be vectors for
  readonly cacheFolder?: string;
  readonly log: Log;
}

/** The learned vectors of a model, or null where it is not in the repository. */
export function openVectors(
  { addon, repository, rowOf, itemCount, cacheFolder, log }: VectorSetting,
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
  const cache = cacheFolder === undefined ? undefined : { folder: cacheFolder, name: model, log };
  const vectors = new ItemVectorIndex(addon, learned, metric, rowOf, itemCount, cache);
  const { size } = vectors;
  // E.g. the shipped models beside a shop's own data: then their items are not this shop's.
  if (size === 0) log.warn('no item of a model is in the store', { model, repository });
  return size === 0 ? null : vectors;
}
