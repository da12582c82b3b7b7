import type { ItemTexts } from '../live/item-texts.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

/**
 * Items whose text is like that of the last item: content-based, as for items that nobody has looked at
 * yet (Lops, de Gemmis & Semeraro, Recommender Systems Handbook 2011). Texts are `text-vector.ts`.
 */
export class Content implements Source {
  readonly reason = 'content';

  constructor(
    private readonly texts: ItemTexts,
    private readonly options: { readonly temperature: number },
  ) {}

  find({ items, allow, hidden }: RetrievalQuery, into: Candidates): void {
    into.count = 0;
    const last = items[items.length - 1];
    if (last === undefined) return;
    for (const { row, likeness } of this.texts.nearTo(last, allow)) {
      if (!hidden?.includes(row)) into.push(row, likeness, last);
    }
    into.softmax(this.options.temperature);
  }
}
