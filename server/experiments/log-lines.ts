import type { Experiment } from './definition.ts';

/**
 * What happened to one experiment, a JSON list a line, in `DATA/experiments/NAME.jsonl`. All that is
 * known of an experiment is these lines applied in order, so it is the same after a restart. Units are
 * keys (`assign.ts`), never ids. `sequence` is the event's place in the store's log: an event is
 * counted once, and one whose line a crash swallowed is read there again.
 */
export type Line = Begun | Enrolled | Linked | Outcome | Interleaved | Explored | Rewarded | Marked;

/** The first line: what the experiment is, and from which event of the store's log on it counts. */
export type Begun = readonly ['begun', version: number, definition: Experiment, sequence: number, atMs: number];

/**
 * The unit got its first answer, and was exposed to its arm, which it had with this probability; in logs
 * of builds before it was written, the arm's share of the weights.
 */
export type Enrolled = readonly ['u', unit: string, arm: number, atMs: number, propensity?: number];

/** Who went by `key` is `unit` from now on: a session became known, or a customer came back. */
export type Linked = readonly ['l', key: string, unit: string];

/** Something counted happened; `amount` is of a purchase, in the shop's currency. */
export type Outcome = readonly ['e', sequence: number, atMs: number, unit: string, OutcomeKind, amount: number];
export type OutcomeKind = 'click' | 'cart' | 'purchase' | 'refund';

/** A list of two teams: `teams` has a 0 or 1 an item. */
export type Interleaved = readonly ['a', answer: string, unit: string, atMs: number, items: readonly string[],
  teams: string];

/** A slot tried something: the pool, what was known of each, how probable each was, which it was. */
export type Explored = readonly ['x', answer: string, unit: string, atMs: number, slot: number,
  pool: readonly string[], features: readonly (readonly number[])[], propensities: readonly number[],
  chosen: number];

/** An item of an interleaved or exploring answer was clicked, put into a cart, bought. */
export type Rewarded = readonly ['w', sequence: number, atMs: number, answer: string, item: string,
  kind: Exclude<OutcomeKind, 'refund'>];

/** All events before `sequence` have been looked at. */
export type Marked = readonly ['m', sequence: number];

/** Raised when a build writes what an older one would misread. */
export const LOG_VERSION = 1;

/** What `Explored` says of each item of the pool, in order; each is known before the choice. */
export const FEATURES = [
  'score', // of the blend, over that of the list's best
  'place', // 1 over its place in the list, as the blend has it
  'clicked', // clicks over times shown in explored slots, pulled towards the prior
  'shown', // log(1 + times shown there) / 10
  // Of experiments whose method is `linucb`:
  'steps', // log(1 + items that the answer starts from) / 5
  'known', // 1 where the customer is known
  'bought', // log(1 + different items that they have bought) / 5
  'same', // share of the item's categories that what the answer starts from has too
  'dearer', // log2 of its price over that one's, / 4, within -1 to 1; 0 where one has none
] as const;

/** How many of them each item has, by method. */
export const FEATURE_COUNTS = { thompson: 4, linucb: FEATURES.length } as const;
