import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ShopEvent } from '../../wire/schema.ts';
import type { Store } from '../store.ts';
import { fileError } from './lines.ts';
import { readSessionFile } from './session-file.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const BATCH_EVENTS = 2000;

/**
 * Made-up times, since these files have none: they keep the order of sessions and of items. The
 * first session begins at `startMs`, the next one `sessionMs` later; items are `itemMs` apart, so
 * that no session is cut by silence. All lie long before anything a live shop sends.
 */
const TIMES = { startMs: Date.UTC(2000, 0, 1), sessionMs: 60_000, itemMs: 1000 } as const;

/**
 * Reads a session file (`session-file.ts`): every item of a line becomes one `item_view`. Ids of
 * events and sessions are made of the file's digest and the line's number, so that a second import
 * of the same file adds nothing, whatever its name.
 */
export async function importSessions(
  store: Store,
  path: string,
  options: ImportOptions,
): Promise<ImportSummary> {
  const tally = new Tally(options);
  const itemsBefore = store.itemCount;
  const file = await digest(path);
  let batch: ShopEvent[] = [];
  const flush = async (): Promise<void> => {
    const { accepted, duplicates } = await store.append(batch);
    tally.events += accepted.length;
    tally.duplicates += duplicates;
    batch = [];
  };

  for await (const read of readSessionFile(path)) {
    tally.row(() => {
      const events = sessionEvents(read(), `${file}-${tally.rows}`, tally.rows);
      batch = batch.concat(events); // not pushed as arguments: there may be too many of them
    });
    if (batch.length >= BATCH_EVENTS) await flush();
  }
  await flush();
  tally.items = store.itemCount - itemsBefore;
  return tally.summary;
}

/** The views of the `number`th session of a file (from 1). Pure. */
export function sessionEvents(
  items: readonly string[],
  session: string,
  number: number,
): ShopEvent[] {
  const startMs = TIMES.startMs + (number - 1) * TIMES.sessionMs;
  return items.map((item, i) => ({
    id: `${session}-${i + 1}`,
    type: 'item_view',
    atMs: startMs + i * TIMES.itemMs,
    session,
    items: [{ item, quantity: 1 }],
  }));
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    throw fileError(path, error);
  }
  return hash.digest('hex').slice(0, 12);
}
