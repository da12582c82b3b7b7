import type { Store } from '../../store/store.ts';
import { mayTeach } from '../../wire/schema.ts';
import { INTEREST } from '../interest.ts';
import { RobotWatch } from '../robot-watch.ts';
import { sessionKey } from '../session-key.ts';
import { placement } from '../session-state.ts';
import type { SeeVisit } from './retriever.ts';

/**
 * Calls `see` for every item of interest in the log, in order of arrival, with the session it
 * belongs to: cut by silence as live sessions are. Events without consent and of robots are left out, as are
 * late ones of a session that is over.
 */
export function readVisits(store: Store, sessionMinutesMax: number, see: SeeVisit): void {
  const silenceMs = sessionMinutesMax * 60_000;
  const sessions = new Map<string, Span>();
  let lastId = '';
  let last: Span | undefined;
  for (const { event } of store.events()) {
    const { session: id, atMs } = event;
    // Events of one session often come in a row: comparing ids is cheaper than hashing them.
    let session = id === lastId ? last : sessions.get(id);
    const place = placement(session, atMs, silenceMs);
    if (place === 'late') continue;
    if (!session || place === 'begins') {
      session = { key: sessionKey(id, atMs), firstMs: atMs, lastMs: atMs, watch: new RobotWatch() };
      sessions.set(id, session);
    }
    lastId = id;
    last = session;
    session.firstMs = Math.min(session.firstMs, atMs);
    session.lastMs = Math.max(session.lastMs, atMs);
    session.watch.see(event);
    const weight = INTEREST[event.type];
    if (!mayTeach(event) || session.watch.robot || weight === 0) continue;
    for (const { item } of event.items) {
      const row = store.item(item)?.row;
      if (row !== undefined) see(session.key, row, weight);
    }
  }
}

interface Span {
  readonly key: number;
  firstMs: number;
  lastMs: number;
  readonly watch: RobotWatch;
}
