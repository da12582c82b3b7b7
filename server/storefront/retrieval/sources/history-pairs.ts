import type { ReasonCode } from '../../../wire/schema.ts';
import type { Columns } from '../../snapshot-file.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { Histories } from './histories.ts';
import { PairTable } from './pair-table.ts';
import type { RowCounts } from './row-counts.ts';
import { RowSums } from './row-sums.ts';

const LAMBDA = 20; // choices; damps what few histories say

/** 48 MB at most. */
const LIMITS = { pairsMax: 6_000_000, ownerPairsMax: 512 };

/** What a history that goes on teaches: `before` is what came before, oldest first. */
type Teach = (pairs: PairTable, before: Uint32Array, row: number) => void;

interface PairKind {
  readonly reason: 'followed_later' | 'came_before' | 'customers_also';
  readonly teach: Teach;
  readonly toPower: number; // of how often the other item was chosen; 0: only the speaker's counts
}

/** Which items have a say in an answer. */
export interface Recency {
  readonly last: number; // items from the end
  readonly decay: number; // 0..1; each earlier item's say is multiplied by it
}

const WINDOW = 10; // items apart, of rules

/**
 * What came after an item in customers' histories, weight 1/distance: sequential rules (Kamehkhosh,
 * Jannach & Ludewig, RecTemp 2017), divided by the root of how often the item was chosen.
 */
export const FOLLOWED_LATER: PairKind = {
  reason: 'followed_later',
  teach: (pairs, before, row) => eachBefore(before, WINDOW, (other, distance) => {
    if (other !== row) pairs.add(other, row, 1 / distance);
  }),
  toPower: 0,
};

/** The same read backward. Where order is loose it adds evidence. */
export const CAME_BEFORE: PairKind = {
  reason: 'came_before',
  teach: (pairs, before, row) => eachBefore(before, WINDOW, (other, distance) => {
    if (other !== row) pairs.add(row, other, 1 / distance);
  }),
  toPower: 0,
};

/**
 * What is in the same histories at any distance: damped cosine (Sarwar et al., WWW 2001), a history's
 * pairs divided by the root of its length (Deshpande & Karypis, TOIS 2004).
 */
export const CUSTOMERS_ALSO: PairKind = {
  reason: 'customers_also',
  teach: (pairs, before, row) => {
    const share = (before.length + 1) ** -0.5;
    eachBefore(before, Infinity, (other) => {
      if (other === row) return;
      pairs.add(other, row, share);
      pairs.add(row, other, share);
    });
  },
  toPower: 0.5,
};

/** A source of pairs learned from customers' whole histories; they speak for the query's items. */
export class HistoryPairs implements Source {
  readonly reason: ReasonCode;
  readonly #pairs: PairTable;
  readonly #sums = new RowSums();

  constructor(
    private readonly kind: PairKind,
    private readonly histories: Histories,
    private readonly chosen: RowCounts, // how often each row was
    private readonly recency: Recency,
    limits = LIMITS,
  ) {
    this.reason = kind.reason;
    this.#pairs = new PairTable(limits);
  }

  get bytes(): number {
    return this.#pairs.bytes;
  }

  learn(before: Uint32Array, row: number): void {
    this.kind.teach(this.#pairs, before, row);
  }

  find(query: RetrievalQuery, into: Candidates): void {
    const line = this.histories.line(query);
    const pairs = this.#pairs;
    const [weights] = pairs.values as [Float32Array];
    const { toPower } = this.kind;
    const stop = Math.max(0, line.length - this.recency.last);
    for (let at = line.length - 1, say = 1; at >= stop; at--, say *= this.recency.decay) {
      const item = line[at] as number;
      const damped = say * (this.chosen.of(item) + LAMBDA) ** -0.5;
      const end = pairs.start(item) + pairs.count(item);
      for (let place = pairs.start(item); place < end; place++) {
        const row = pairs.rowAt(place);
        let score = damped * (weights[place] as number);
        if (toPower > 0) score *= (this.chosen.of(row) + LAMBDA) ** -toPower;
        this.#sums.add(row, score, item);
      }
    }
    this.#sums.drop(line);
    this.#sums.finish(into, query);
  }

  save(): Columns {
    return this.#pairs.save(this.reason);
  }

  load(saved: Columns): void {
    this.#pairs.load(this.reason, saved);
  }
}

/** The newest first, `window` at most; distance from 1. */
function eachBefore(
  before: Uint32Array, window: number, see: (other: number, distance: number) => void,
): void {
  const stop = Math.max(0, before.length - window);
  for (let at = before.length - 1; at >= stop; at--) see(before[at] as number, before.length - at);
}
