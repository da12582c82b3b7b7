import type { StoredItem } from '../../../store/store.ts';
import type { ColdStart } from '../retriever.ts';
import type { ItemVectorIndex } from '../sources/item-vectors.ts';
import { Categories } from './categories.ts';
import type { CoVisits } from './co-visits.ts';
import type { ItemTexts, TextNeighbour } from './item-texts.ts';

const MEAN_ROWS_MAX = 256; // learned items that speak for their category
const TEXT_NEIGHBOURS = 8; // learned items that speak for one with a like text,
const LIKENESS_MIN = 0.3; // if they are so much like it: unlike texts are at 0.1 by chance

/**
 * Keeps a vector index as the catalogue is: what is removed is found no more from the next search on,
 * what comes back is. An item that was not learned gets the mean of the learned vectors of what was
 * visited beside it, or until then of those with a like text, or of its categories' items. Where it lies
 * depends on the catalogue and the visits alone, so a restart puts it where it was.
 */
export class LiveVectors {
  #learned = new Uint8Array(0); // by row: 1 if it was
  readonly #aside = new Map<number, Float32Array>(); // learned, of what is not in the catalogue now
  readonly #removed = new Set<number>();
  readonly #learnedIn = new Categories();
  readonly #coldIn = new Categories();
  readonly #means = new Map<string, Float32Array | null>(); // of categories, until they change
  readonly #origins = new Map<number, ColdStart>(); // of cold rows that have a vector
  readonly #dirty = new Set<number>(); // cold rows that may have to move
  changes = 0; // of the index, since it was made

  constructor(
    private readonly vectors: ItemVectorIndex,
    private readonly coVisits: CoVisits,
    /** Whether items that were not learned get a vector. */
    private readonly placesCold: boolean,
    private readonly texts: ItemTexts | null = null,
  ) {
    for (const row of vectors.learnedRows) this.#markLearned(row);
  }

  /** Undefined for a row that was learned, or has no vector. */
  origin(row: number): ColdStart | undefined {
    return this.#origins.get(row);
  }

  /** Cold rows that have a vector. */
  get coldCount(): number {
    return this.#origins.size;
  }

  /** Whether the row would have to be placed here without having been learned. */
  isCold(row: number): boolean {
    return this.placesCold && !this.#isLearned(row);
  }

  /** The catalogue has changed. What moves for it moves with `settle`. */
  take(items: readonly StoredItem[]): void {
    for (const item of items) this.#take(item);
  }

  /** What was visited beside the row has changed. */
  touch(row: number): void {
    if (this.isCold(row)) this.#dirty.add(row);
  }

  /** Puts all that may have moved where it belongs. */
  settle(): void {
    if (this.#dirty.size === 0) return;
    const rows = [...this.#dirty];
    const near = this.#nearByText(rows);
    rows.forEach((row, i) => this.#place(row, near[i] as readonly TextNeighbour[]));
    this.#dirty.clear();
  }

  /** Texts of these rows have changed: where learned ones did, what lies by its text may have to move. */
  touchTexts(rows: readonly number[]): void {
    for (const row of rows) this.touch(row);
    if (!rows.some((row) => this.#isLearned(row))) return;
    for (const [row, origin] of this.#origins) if (origin === 'text') this.#dirty.add(row);
  }

  #take({ id, row, categories, removed }: StoredItem): void {
    const waiting = this.vectors.unplaced.get(id); // learned, and first in the store now
    if (waiting) {
      this.vectors.unplaced.delete(id);
      this.#markLearned(row);
      this.#aside.set(row, waiting);
    }
    if (removed) this.#removed.add(row);
    else this.#removed.delete(row);
    if (!this.#isLearned(row)) {
      if (!this.placesCold) return;
      this.#coldIn.put(row, removed ? [] : categories);
      this.#dirty.add(row);
      return;
    }
    const changed = this.#learnedIn.put(row, removed ? [] : categories);
    const aside = this.#aside.get(row);
    if (removed && !aside) this.#layAside(row);
    if (!removed && aside) {
      this.vectors.place(row, aside);
      this.changes += 1;
      this.#aside.delete(row);
    }
    for (const category of changed) {
      this.#means.delete(category);
      for (const cold of this.#coldIn.rowsOf(category)) this.#dirty.add(cold);
    }
  }

  #layAside(row: number): void {
    const vector = this.vectors.vectorOf(row);
    if (vector) this.#aside.set(row, vector);
    this.vectors.remove(row);
    this.changes += 1;
  }

  #place(row: number, near: readonly TextNeighbour[]): void {
    const removed = this.#removed.has(row);
    const byVisits = removed ? null : this.#mean(this.coVisits.of(row));
    const byText = removed || byVisits ? null : this.#mean(near.map((one) => one.row));
    const vector = byVisits ?? byText ?? (removed ? null : this.#byCategory(row));
    if (vector || this.#origins.has(row)) this.changes += 1;
    if (vector) {
      this.#origins.set(row, byVisits ? 'visits' : byText ? 'text' : 'category');
      this.vectors.place(row, vector);
    } else if (this.#origins.delete(row)) {
      this.vectors.remove(row);
    }
  }

  /** For each row the learned items whose text is most like its own, if they are like it at all. */
  #nearByText(rows: readonly number[]): (readonly TextNeighbour[])[] {
    const { texts } = this;
    if (!texts || !rows.some((row) => texts.has(row))) return rows.map(() => []);
    const learned = new Uint32Array(Math.ceil(this.#learned.length / 32));
    this.#learned.forEach((is, row) => {
      if (is === 1 && !this.#removed.has(row)) learned[row >>> 5]! |= 1 << (row & 31);
    });
    return texts.near(rows, TEXT_NEIGHBOURS, learned)
      .map((near) => near.filter(({ likeness }) => likeness >= LIKENESS_MIN));
  }

  #byCategory(row: number): Float32Array | null {
    const means = this.#coldIn.of(row).map((category) => this.#meanOf(category));
    return meanOf(means.filter((mean) => mean !== null), this.vectors.dim);
  }

  #meanOf(category: string): Float32Array | null {
    const known = this.#means.get(category);
    if (known !== undefined) return known;
    const mean = this.#mean(this.#learnedIn.rowsOf(category).slice(0, MEAN_ROWS_MAX));
    this.#means.set(category, mean);
    return mean;
  }

  /** Of the learned vectors of these rows; directions only where lengths do not count. */
  #mean(rows: readonly number[]): Float32Array | null {
    const vectors: Float32Array[] = [];
    for (const row of rows) {
      if (!this.#isLearned(row)) continue;
      const vector = this.#aside.get(row) ?? this.vectors.vectorOf(row);
      if (vector) vectors.push(this.vectors.metric === 'cosine' ? unit(vector) : vector);
    }
    return meanOf(vectors, this.vectors.dim);
  }

  #isLearned(row: number): boolean {
    return this.#learned[row] === 1;
  }

  #markLearned(row: number): void {
    if (row >= this.#learned.length) {
      const larger = new Uint8Array(2 * (row + 1));
      larger.set(this.#learned);
      this.#learned = larger;
    }
    this.#learned[row] = 1;
  }
}

/** Null for none, and where they cancel out. */
function meanOf(vectors: readonly Float32Array[], dim: number): Float32Array | null {
  const mean = new Float32Array(dim);
  for (const vector of vectors) {
    for (let i = 0; i < dim; i++) mean[i]! += (vector[i] as number) / vectors.length;
  }
  return mean.some((value) => value !== 0) ? mean : null;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}
