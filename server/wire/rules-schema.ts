/** What a shop says of its items, the rules that its answers go by, and how one answer came about. */
import type { Filter, Language, ReasonCode, ShownFor, RecommendedItem } from './schema.ts';

/** What a shop may say of its items beyond what every shop does. */
export const ATTRIBUTE_LIMITS = {
  nameBytesMax: 64,
  itemMax: 64, // attributes of one item
  listMax: 100, // texts in one attribute
  namesMax: 256, // different attributes of all items of a shop,
  numbersMax: 31, // and of those so many numbers and dates
} as const;

/** Text that is wholly an ISO 8601 date is a date. */
export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What is done with what the sources found. What a request leaves out is the placement's, else none. */
export interface Rules {
  /** Terms, in the language of `server/storefront/language/`; after the placement's own. */
  readonly boost?: readonly string[];
  readonly diversity?: number; // 0..1: how much likeness to what stands before counts against an item
  readonly caps?: Readonly<Record<string, number>>; // items of one category, brand …, at most
  readonly rotation?: number; // 0..1: what an item loses each time it was shown and not clicked
  readonly rotationHours?: number; // after which a showing counts half
  readonly minRelevance?: number; // 0..1 of the best item's score
  readonly shuffle?: number; // 0..1: by how much a score may change at random, by `seed`
  readonly seed?: number;
  readonly personal?: number; // 0..1, of `rerank`: the say of the sources beside the given order
}

/** What to recommend to each of several customers, as for a mail: one answer each. */
export interface BatchRequest extends Rules {
  readonly customers: readonly string[]; // 1..customersMax
  readonly placement?: string; // `email` when absent
  readonly k?: number;
  readonly filter: Filter;
  readonly language?: Language;
  readonly again?: boolean;
}

export interface BatchAnswer {
  readonly customer: string;
  readonly attribution: string;
  readonly items: readonly RecommendedItem[];
  readonly degraded: readonly string[];
}

export interface BatchReply {
  readonly answers: readonly BatchAnswer[]; // in the order of `customers`
}

export interface PlacementsReply {
  /** Why the file as it is now does not hold; what it said before does. */
  readonly problem?: string;
  readonly placements: readonly (Rules & {
    readonly name: string;
    readonly blend: string;
    readonly k: number;
    readonly [rule: string]: unknown; // as in `placements.json`
  })[];
  readonly attributes: Readonly<Record<string, 'text' | 'number' | 'boolean' | 'date'>>;
}

/** How one answer came about, step by step. */
export interface AnswerDebug {
  readonly placement?: string;
  readonly blend?: string; // placement whose weights held
  readonly rules: Rules; // that held: the placement's and the request's
  readonly seed: number;
  readonly start: readonly string[]; // items it started from, oldest first
  readonly this?: string; // what rules call `this`
  readonly items: number; // of the catalogue
  /** By part of the filter: how many items it lets pass by itself. */
  readonly clauses: readonly { readonly clause: string; readonly passes: number }[];
  readonly hidden: Readonly<Partial<Record<'excluded' | 'seen' | 'bought' | 'shown', number>>>;
  /** What was tried while there were too few: what was left out, or whose sources, and what it brought. */
  readonly steps: readonly { readonly step: string; readonly matches: number | null; readonly found: number }[];
  /** Each source by itself: its weight, and its best items with their shares of 1. */
  readonly sources: readonly {
    readonly source: ReasonCode;
    readonly weight: number;
    readonly found: number;
    readonly best: readonly { readonly item: string; readonly share: number }[];
  }[];
  /** What was found, best first as found, and what the rules made of it. */
  readonly candidates: readonly DebugCandidate[];
}

export interface DebugCandidate {
  readonly item: string;
  readonly source: ShownFor;
  readonly found: number; // score as found
  readonly boosted: number; // after boosts,
  readonly score: number; // and after rotation and shuffling
  readonly shown: number; // times, each counting less as time goes by
  readonly from: number; // place by `score`, from 1
  readonly to?: number; // in the answer
  readonly left?: string; // why it is not in it
}
