import { ServeError } from '../../../core/errors.ts';
import { readSessionFile } from '../../../store/import/session-file.ts';
import { packSessions } from '../past-sessions.ts';
import type { PastSessions } from '../past-sessions.ts';

/** One question: what came after these rows, oldest first. */
export interface Question {
  readonly items: Uint32Array;
  readonly target: number;
}

/** A file of sequences, cut by the published protocol. Rows ascend with the items' ids. */
export interface LeaveOneOut {
  readonly past: PastSessions; // all but the last two items of every user
  readonly validation: readonly Question[]; // the last but one
  readonly test: readonly Question[]; // the last; what comes before it is known when it is asked
  readonly itemCount: number;
  readonly ids: readonly string[]; // by row
  readonly users: readonly string[]; // in the order of the questions
}

const ITEMS_MIN = 3; // one to learn from, one to choose by, one to be asked for

/** Reads `user item item …`, oldest first. Fails with `bad_argument` where no user has enough. */
export async function readLeaveOneOut(path: string): Promise<LeaveOneOut> {
  const users: string[][] = [];
  const names: string[] = [];
  for await (const read of readSessionFile(path)) {
    const [name = '', ...items] = read();
    if (items.length < ITEMS_MIN) continue;
    users.push(items);
    names.push(name);
  }
  if (users.length === 0) throw new ServeError('bad_argument', `${path}: no user has 3 items`);
  return leaveOneOut(users, names);
}

/** Cuts sequences of ids, each of at least 3. Pure. */
export function leaveOneOut(
  users: readonly (readonly string[])[], names: readonly string[] = [],
): LeaveOneOut {
  const ids = [...new Set(users.flat())];
  if (ids.every((id) => /^\d{1,15}$/.test(id))) ids.sort((a, b) => Number(a) - Number(b));
  else ids.sort();
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const rows = users.map((items) => items.map((id) => rowOf.get(id) as number));
  const ask = (fromEnd: number): Question[] => rows.map((all) => ({
    items: Uint32Array.from(all.slice(0, all.length - fromEnd)),
    target: all[all.length - fromEnd] as number,
  }));
  return {
    past: packSessions(rows.map((all) => all.slice(0, -2))),
    validation: ask(2),
    test: ask(1),
    itemCount: ids.length,
    ids,
    users: names,
  };
}

/** How often each row is in the sessions. */
export function countRows({ rows }: PastSessions, itemCount: number): Float64Array {
  const counts = new Float64Array(itemCount);
  for (const row of rows) counts[row] = (counts[row] as number) + 1;
  return counts;
}
