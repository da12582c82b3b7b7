import { readSessionFile } from '../../../server/store/import/session-file.ts';
import type { SeenVisit } from '../seen.ts';

/** One session a line, item ids separated by blanks: an order of views, and no times. */
export async function* readSessions(path: string): AsyncIterable<SeenVisit> {
  for await (const read of readSessionFile(path)) yield { items: read() };
}
