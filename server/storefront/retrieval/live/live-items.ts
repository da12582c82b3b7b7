import type { StoredItem } from '../../../store/store.ts';
import { NO_ROW } from '../candidates.ts';
import type { ColdStart } from '../retriever.ts';
import type { ItemVectorIndex } from '../sources/item-vectors.ts';
import { CoVisits } from './co-visits.ts';
import type { ItemTexts } from './item-texts.ts';
import { LiveVectors } from './live-vectors.ts';

/** The vector indexes of all sources, kept as catalogue and visits go. */
export class LiveItems {
  readonly coVisits = new CoVisits();
  readonly #live: LiveVectors[];
  readonly #indexes: ItemVectorIndex[];
  #playing = false;
  #refineNext = 0;

  constructor(
    private readonly own: readonly ItemVectorIndex[],
    private readonly texts: ItemTexts | null = null,
  ) {
    // By cosine a mean says where to look. By inner product it would be a claim of how likely the item
    // is, which nothing was learned for: it cost 0.4 points HR@20 (README).
    this.#indexes = [...own];
    if (texts) texts.onPlaced = (rows) => this.#textsPlaced(rows);
    this.#live = own.map((vectors) =>
      new LiveVectors(vectors, this.coVisits, vectors.metric === 'cosine', texts));
  }

  /** One more index, by inner product, of the whole catalogue as it is. */
  follow(vectors: ItemVectorIndex, items: readonly StoredItem[]): void {
    const live = new LiveVectors(vectors, this.coVisits, false);
    live.take(items);
    live.settle();
    this.#indexes.push(vectors);
    this.#live.push(live);
  }

  /** Items that were added, changed or removed; the next search has them so. */
  take(items: readonly StoredItem[]): void {
    const changed = this.texts?.take(items) ?? [];
    for (const live of this.#live) {
      live.take(items);
      live.touchTexts(changed);
    }
    this.#settle();
  }

  /** A visit to a row, `before` the one before it in its session, or NO_ROW. */
  visited(before: number, row: number): void {
    if (before === NO_ROW || before === row) return;
    this.#beside(row, before);
    this.#beside(before, row);
    this.#settle();
  }

  /** Calls `play`, in which many visits are told: what they move moves once, at the end. */
  playing(play: () => void): void {
    this.#playing = true;
    try {
      play();
    } finally {
      this.#playing = false;
    }
  }

  /** What many visits moved is moved. */
  settle(): void {
    for (const live of this.#live) live.settle();
  }

  /** Where the row's vector in the index comes from; undefined: from what was learned. */
  origin(index: ItemVectorIndex | null, row: number): ColdStart | undefined {
    if (index === null) return undefined;
    return this.#live[this.#indexes.indexOf(index)]?.origin(row);
  }

  /** What tells the models' vocabularies from others: of those that were there from the start. */
  get vocabularies(): readonly string[] {
    return this.own.map(({ vocabulary }) => vocabulary);
  }

  /** Of all indexes, since they were made. */
  get changes(): number {
    return this.#live.reduce((sum, { changes }) => sum + changes, 0);
  }

  /** In all indexes. */
  get vectorCount(): number {
    return this.#indexes.reduce((sum, { size }) => sum + size, 0);
  }

  /** In each index, those that were not learned. */
  get coldCounts(): readonly number[] {
    return this.#live.map(({ coldCount }) => coldCount);
  }

  /** Betters the edges of `count` vectors, index by index in turn; of how many there were. */
  refine(count: number): number {
    const { length } = this.#indexes;
    for (let tried = 0; tried < length; tried++) {
      this.#refineNext = (this.#refineNext + 1) % length;
      const refined = (this.#indexes[this.#refineNext] as ItemVectorIndex).refine(count);
      if (refined > 0) return refined;
    }
    return 0;
  }

  /** What `coVisits.save` gave. */
  load(saved: Uint32Array): void {
    this.coVisits.load(saved);
    for (const row of this.coVisits.rows) for (const live of this.#live) live.touch(row);
  }

  #beside(row: number, other: number): void {
    if (!this.#live.some((live) => live.isCold(row))) return;
    const gone = this.coVisits.note(row, other);
    for (const live of this.#live) {
      live.touch(row);
      if (gone !== undefined) live.touch(gone);
    }
  }

  /** An encoder has read these rows' texts. */
  #textsPlaced(rows: readonly number[]): void {
    for (const live of this.#live) live.touchTexts(rows);
    this.#settle();
  }

  #settle(): void {
    if (!this.#playing) this.settle();
  }
}
