import {
  HELD_OUT_SHARE, splitSessions, type PastSessions,
} from '../../server/storefront/retrieval/past-sessions.ts';

/** Sessions as training wants them: session s is `items[offsets[s] .. offsets[s + 1])`. */
export interface FlatSessions {
  readonly items: Int32Array; // vocabulary numbers, 1..ids.length
  readonly offsets: Uint32Array;
}

/** What a recipe learns from, and the newest sessions, which it is only scored on. */
export interface TrainingSessions {
  /** `ids[n - 1]` is the item of vocabulary number n. */
  readonly ids: readonly string[];
  readonly train: FlatSessions;
  /** Without the items that no training session has. */
  readonly heldOut: FlatSessions;
  /** Held-out visits after the first of their session to items nobody can know: sure misses. */
  readonly heldOutMisses: number;
  readonly heldOutShare: number;
}

/**
 * Numbers the items of the older sessions by first appearance. The cut is the one that the blend
 * is chosen on, so that no model has seen what it is weighed by.
 */
export function trainingSessions(
  past: PastSessions, idOf: (row: number) => string,
): TrainingSessions {
  const { older, newest } = splitSessions(past, HELD_OUT_SHARE);
  const numbers = new Map<number, number>();
  for (const row of older.rows) if (!numbers.has(row)) numbers.set(row, numbers.size + 1);
  const items = Int32Array.from(older.rows, (row) => numbers.get(row) as number);

  const known: number[] = [];
  const offsets = [0];
  let heldOutMisses = 0;
  for (let s = 0; s + 1 < newest.offsets.length; s += 1) {
    const start = newest.offsets[s] as number;
    for (let at = start; at < (newest.offsets[s + 1] as number); at += 1) {
      const number = numbers.get(newest.rows[at] as number);
      if (number !== undefined) known.push(number);
      else if (at > start) heldOutMisses += 1;
    }
    offsets.push(known.length);
  }
  return {
    ids: [...numbers.keys()].map(idOf),
    train: { items, offsets: older.offsets },
    heldOut: { items: Int32Array.from(known), offsets: Uint32Array.from(offsets) },
    heldOutMisses,
    heldOutShare: HELD_OUT_SHARE,
  };
}

/** Prefixes of sessions, each with the item that came next: `items[starts[i] .. targets[i])`. */
export interface Examples {
  readonly starts: Uint32Array;
  readonly targets: Uint32Array; // the place of the next item, right after the prefix
}

/** Every prefix of every session, cut to its newest `lengthMax` items. */
export function examplesOf({ offsets }: FlatSessions, lengthMax: number): Examples {
  const starts: number[] = [];
  const targets: number[] = [];
  for (let session = 0; session + 1 < offsets.length; session += 1) {
    const first = offsets[session] as number;
    for (let target = first + 1; target < (offsets[session + 1] as number); target += 1) {
      starts.push(Math.max(first, target - lengthMax));
      targets.push(target);
    }
  }
  return { starts: Uint32Array.from(starts), targets: Uint32Array.from(targets) };
}

/** At most `max` of the examples, evenly spread. */
export function someExamples(examples: Examples, max: number): Examples {
  const count = examples.targets.length;
  if (count <= max) return examples;
  const place = (i: number): number => Math.floor((i * count) / max);
  return {
    starts: Uint32Array.from({ length: max }, (_, i) => examples.starts[place(i)] as number),
    targets: Uint32Array.from({ length: max }, (_, i) => examples.targets[place(i)] as number),
  };
}
