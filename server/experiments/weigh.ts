import type { RetrievedItem } from '../storefront/retrieval/retriever.ts';
import type { Asker } from '../storefront/trial.ts';
import type { StoredItem } from '../store/store.ts';
import type { Answers } from './answers.ts';
import { contextOf, plainFeatures, visitorFeatures } from './context.ts';
import type { Explore } from './definition.ts';
import type { Weigh } from './explore-slots.ts';
import { greedyShares } from './linucb.ts';
import { type Posteriors, propensities } from './thompson.ts';

export interface WeighParts {
  readonly answers: Pick<Answers, 'triedOf' | 'linear'>;
  readonly asker: Asker;
  readonly itemAt: (row: number) => Pick<StoredItem, 'id' | 'categories' | 'price'> | undefined;
  readonly posteriors: () => Posteriors;
}

/** How the slots of one answer choose, by the experiment's method. */
export function weighWith(how: Explore, parts: WeighParts): Weigh<Pick<RetrievedItem, 'row' | 'score'>> {
  const { answers, asker, itemAt } = parts;
  return (pool) => {
    const items = pool.map(({ item }) => itemAt(item.row));
    const tried = items.map((item) => answers.triedOf(item?.id ?? ''));
    const plain = pool.map(({ item: { score }, place, best }, i) =>
      plainFeatures({ score, best, place, tried: tried[i]! }));
    if (how.method !== 'linucb') {
      const posteriors = parts.posteriors();
      return { features: plain, propensities: propensities(tried.map((one) => posteriors.of(one)), how.uniform) };
    }
    const features = plain.map((own, i) => [...own, ...visitorFeatures(asker, items[i])]);
    const bounds = features.map((own, i) =>
      answers.linear.bound(items[i]?.id ?? '', contextOf(own), how.width ?? 0));
    return { features, propensities: greedyShares(bounds, how.uniform) };
  };
}
