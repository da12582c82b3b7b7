import type { Store } from '../../store/store.ts';
import { INTEREST } from '../interest.ts';
import { sessionKey } from '../session-key.ts';
import { placement } from '../session-state.ts';

/** One item that somebody showed interest in. */
export interface LoggedVisit {
  session: number; // key, as the shop's live sessions have it
  row: number;
  weight: number; // in views
}

/**
 * Calls `see` for every item of interest in the log, in order of arrival, with the session it
 * belongs to: cut by silence as live sessions are. Events without consent are left out, as are
 * late ones of a session that is over. The object given to `see` is used again for the next.
 */
export function readVisits(
  store: Store,
  sessionMinutesMax: number,
  see: (visit: LoggedVisit) => void,
): void {
  const silenceMs = sessionMinutesMax * 60_000;
  const sessions = new Map<string, { key: number; firstMs: number; lastMs: number }>();
  const visit: LoggedVisit = { session: 0, row: 0, weight: 0 };
  for (const { event } of store.events()) {
    const { session: id, atMs } = event;
    let session = sessions.get(id);
    const place = placement(session, atMs, silenceMs);
    if (place === 'late') continue;
    if (!session || place === 'begins') {
      session = { key: sessionKey(id, atMs), firstMs: atMs, lastMs: atMs };
      sessions.set(id, session);
    }
    session.firstMs = Math.min(session.firstMs, atMs);
    session.lastMs = Math.max(session.lastMs, atMs);
    const weight = INTEREST[event.type];
    if (event.consent === false || weight === 0) continue;
    visit.session = session.key;
    visit.weight = weight;
    for (const { item } of event.items) {
      const row = store.item(item)?.row;
      if (row === undefined) continue;
      visit.row = row;
      see(visit);
    }
  }
}
