import type { Log } from '../core/log.ts';
import { ownText } from '../core/own-text.ts';
import type { Store } from '../store/store.ts';
import type { ShopEvent } from '../wire/schema.ts';

const SLICE_EVENTS = 8192; // read in one turn of the event loop: about 15 ms

interface Logged {
  readonly sequence: number;
  readonly event: ShopEvent;
}

/**
 * Shows `read` the events of the log from `first` on, a slice in each turn of the event loop, so that models are
 * loaded meanwhile. Each slice is to be read to its end, before `read` returns.
 */
export async function playLog(
  store: Store,
  read: (slice: Iterable<Logged>) => void,
  first = 0,
): Promise<void> {
  for (let from = first; from < store.eventCount; from += SLICE_EVENTS) {
    read(sliceOf(store, from));
    await new Promise(setImmediate);
  }
}

function* sliceOf(store: Store, from: number): Iterable<Logged> {
  for (const logged of store.events(from)) {
    if (logged.sequence >= from + SLICE_EVENTS) return;
    yield logged;
  }
}

/** Which events of the log are the last of their session id. */
export interface LastEvents {
  has(sequence: number): boolean;
  /** Whether the session id has an event there. */
  names(session: string): boolean;
}

/**
 * Reads the log for the ends of its sessions. Who plays it after that knows when a session may be
 * let go of for good, and so holds those that overlap, not all there ever were.
 */
export async function lastEvents(store: Store, first = 0): Promise<LastEvents> {
  const last = new Map<string, number>(); // by session id, its newest sequence number
  const note = (id: string, sequence: number): void => {
    last.set(last.has(id) ? id : ownText(id), sequence);
  };
  let id = '';
  let newest = -1;
  await playLog(store, (slice) => {
    for (const { sequence, event } of slice) {
      // Events of one session often come in a row: comparing ids is cheaper than hashing them.
      if (event.session !== id && newest >= 0) note(id, newest);
      id = event.session;
      newest = sequence;
    }
  }, first);
  if (newest >= 0) note(id, newest);
  const bits = new Uint32Array((newest >> 5) + 1);
  for (const sequence of last.values()) bits[sequence >> 5]! |= 1 << (sequence & 31);
  return {
    has: (sequence) => ((bits[sequence >> 5] ?? 0) & (1 << (sequence & 31))) !== 0,
    names: (session) => last.has(session),
  };
}

/** Says that events name items which the shop's catalogue does not have. */
export function warnUndeclared({ itemCount, declaredCount }: Store, log: Log): void {
  if (declaredCount === 0 || itemCount === declaredCount) return;
  log.warn('items that only events name are not shown; put them into the catalogue if they are the shop\'s', {
    items: itemCount - declaredCount, declared: declaredCount,
  });
}
