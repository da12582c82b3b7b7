import { readPrefixFile, readSessionFile } from '../../../store/import/session-file.ts';
import type { Store } from '../../../store/store.ts';
import { packSessions, readPastSessions } from '../past-sessions.ts';
import type { PastSessions, Prefix } from '../past-sessions.ts';

/** What methods learn from and are asked. Rows ascend with the items' ids. */
export interface EvalData {
  readonly past: PastSessions;
  readonly prefixes: readonly Prefix[];
  readonly itemCount: number; // in training or test
  readonly ids: readonly string[]; // by row
}

/** Reads training and test from files. `limit` is the number of test rows. */
export async function readEvalFiles(train: string, test: string, limit: number): Promise<EvalData> {
  const sessions: string[][] = [];
  for await (const read of readSessionFile(train)) sessions.push(read());
  return numbered(sessions, await readTest(test, limit));
}

/** The sessions of a store, and a test file. */
export async function readEvalStore(
  store: Store,
  sessionMinutesMax: number,
  test: string,
  limit: number,
): Promise<EvalData> {
  const { rows, offsets } = readPastSessions(store, sessionMinutesMax);
  const sessions: string[][] = [];
  for (let s = 0; s + 1 < offsets.length; s++) {
    const session = rows.subarray(offsets[s], offsets[s + 1]);
    sessions.push(Array.from(session, (row) => store.itemAt(row)?.id as string));
  }
  return numbered(sessions, await readTest(test, limit));
}

type IdPrefix = { readonly target: string; readonly items: readonly string[] };

async function readTest(path: string, limit: number): Promise<IdPrefix[]> {
  const prefixes: IdPrefix[] = [];
  for await (const prefix of readPrefixFile(path)) {
    if (prefixes.length === limit) break;
    prefixes.push(prefix);
  }
  return prefixes;
}

/** Ids in order, numbers as numbers, so that "the lower id" of the published scores is kept. */
function numbered(sessions: readonly string[][], prefixes: readonly IdPrefix[]): EvalData {
  const all = new Set<string>();
  for (const items of sessions) for (const id of items) all.add(id);
  for (const { target, items } of prefixes) {
    all.add(target);
    for (const id of items) all.add(id);
  }
  const ids = [...all];
  const numeric = ids.every((id) => /^\d{1,15}$/.test(id));
  if (numeric) ids.sort((a, b) => Number(a) - Number(b));
  else ids.sort();
  const rows = new Map(ids.map((id, row) => [id, row]));
  const rowOf = (id: string): number => rows.get(id) as number;
  return {
    past: packSessions(sessions.map((items) => items.map(rowOf))),
    prefixes: prefixes.map(({ target, items }) => ({
      target: rowOf(target),
      items: Uint32Array.from(items, rowOf),
    })),
    itemCount: ids.length,
    ids,
  };
}
