import type { Store } from '../../store/store.ts';
import { readVisits } from './log-visits.ts';
import { Visits } from './visits.ts';

/** Whole sessions, oldest first: session s is `rows[offsets[s] .. offsets[s + 1])`. */
export interface PastSessions {
  readonly rows: Uint32Array;
  readonly offsets: Uint32Array;
}

/**
 * Share of the sessions, the newest, that nothing is learned from while settings are chosen. A
 * model whose say in the blend is to be chosen must have been trained without them as well.
 */
export const HELD_OUT_SHARE = 0.05;

/** A session's items so far, oldest first, and the one that came next. */
export interface Prefix {
  readonly items: Uint32Array;
  readonly target: number;
}

export function sessionCount({ offsets }: PastSessions): number {
  return Math.max(0, offsets.length - 1);
}

/** The log's sessions in order of their first visit, each a list of visits. */
export function readPastSessions(store: Store, sessionMinutesMax: number): PastSessions {
  const sessions = new Map<number, number[]>();
  const visits = new Visits();
  readVisits(store, sessionMinutesMax, (session, row, weight) => {
    if (!visits.isNew(session, row, weight)) return;
    const rows = sessions.get(session);
    if (rows) rows.push(row);
    else sessions.set(session, [row]);
  });
  return packSessions([...sessions.values()]);
}

export function packSessions(sessions: readonly (readonly number[])[]): PastSessions {
  const offsets = new Uint32Array(sessions.length + 1);
  sessions.forEach((rows, s) => {
    offsets[s + 1] = (offsets[s] as number) + rows.length;
  });
  const rows = new Uint32Array(offsets[sessions.length] as number);
  sessions.forEach((one, s) => rows.set(one, offsets[s]));
  return { rows, offsets };
}

/** The older sessions and the newest ones, of which there is at least one if there are two. */
export function splitSessions(
  { rows, offsets }: PastSessions,
  heldOutShare: number,
): { older: PastSessions; newest: PastSessions } {
  const count = offsets.length - 1;
  const heldOut = Math.min(count, Math.ceil(count * heldOutShare));
  const cut = count - heldOut;
  const end = offsets[cut] as number;
  return {
    older: { rows: rows.subarray(0, end), offsets: offsets.subarray(0, cut + 1) },
    newest: {
      rows: rows.subarray(end),
      offsets: offsets.subarray(cut).map((offset) => offset - end),
    },
  };
}

/** Every place of every session to predict from; at most `max`, evenly spread. */
export function prefixesOf({ rows, offsets }: PastSessions, max: number): Prefix[] {
  const all: Prefix[] = [];
  for (let s = 0; s + 1 < offsets.length; s++) {
    const start = offsets[s] as number;
    for (let at = start + 1; at < (offsets[s + 1] as number); at++) {
      all.push({ items: rows.subarray(start, at), target: rows[at] as number });
    }
  }
  if (all.length <= max) return all;
  return Array.from({ length: max }, (_, i) => all[Math.floor((i * all.length) / max)] as Prefix);
}
