import type { Allow } from '../../server/ann/binding.ts';
import { allows } from '../../server/storefront/retrieval/candidates.ts';
import type {
  RetrievalQuery, RetrievedItem, Retriever, SeeVisit, SimilarQuery,
} from '../../server/storefront/retrieval/retriever.ts';
import type { Store } from '../../server/store/store.ts';
import type { Columns } from '../../server/storefront/snapshot-file.ts';

/**
 * Answers with every allowed row in order of row; rows of the query come back as `again`, what
 * follows the last one is `followed_by` it, the rest is popular. Remembers what it was asked.
 */
export class FakeRetriever implements Retriever {
  readonly queries: RetrievalQuery[] = [];
  readonly observed: { session: number; row: number; weight: number }[] = [];

  constructor(private readonly store: Store) {}

  retrieve(query: RetrievalQuery): RetrievedItem[] {
    this.queries.push(query);
    return this.#allowed(query.allow)
      .slice(0, query.k)
      .map((row, i) => this.#found(row, i, query.items));
  }

  similar(row: number, k: number, allow?: Allow): RetrievedItem[] {
    return this.#allowed(allow)
      .filter((other) => Math.abs(other - row) <= 1) // rows side by side are alike
      .slice(0, k)
      .map((other, i) => ({ row: other, score: 1 / (i + 1), source: 'similar', because: row }));
  }

  retrieveAll(queries: readonly RetrievalQuery[]): RetrievedItem[][] {
    return queries.map((query) => this.retrieve(query));
  }

  similarAll(queries: readonly SimilarQuery[]): RetrievedItem[][] {
    return queries.map(({ row, k, allow }) => this.similar(row, k, allow));
  }

  observe(session: number, row: number, weight: number): void {
    this.observed.push({ session, row, weight });
  }

  observeAll(read: (see: SeeVisit) => void): void {
    read((session, row, weight) => this.observe(session, row, weight));
  }

  take(): void {}

  credit(): void {}

  forget(): boolean {
    return false;
  }

  readonly madeWith = 'nothing';

  save(): Columns {
    return { observed: Float64Array.from(this.observed.flatMap((one) => Object.values(one))) };
  }

  load({ observed }: Columns): void {
    for (let i = 0; i < (observed?.length ?? 0); i += 3) {
      const [session, row, weight] = observed?.subarray(i, i + 3) as unknown as [number, number, number];
      this.observed.push({ session, row, weight });
    }
  }

  settle(): void {}

  refine(): number {
    return 0;
  }

  #found(row: number, rank: number, items: Uint32Array): RetrievedItem {
    const score = 1 / (rank + 1);
    const last = items[items.length - 1];
    if (items.includes(row)) return { row, score, source: 'again' };
    if (last !== undefined && row === last + 1) {
      return { row, score, source: 'followed_by', because: last };
    }
    return { row, score, source: 'popular' };
  }

  #allowed(allow: Allow | undefined): number[] {
    const rows = Array.from({ length: this.store.itemCount }, (_, row) => row);
    return rows.filter((row) => allows(allow, row));
  }
}
