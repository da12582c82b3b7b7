import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ServeError } from '../../../server/core/errors.ts';
import { lineText, readLines } from '../../../server/store/import/lines.ts';
import type { SeenVisit } from '../seen.ts';
import { readClicks } from './clicks.ts';
import { readOrders } from './orders.ts';
import { readSessions } from './sessions.ts';
import { readShoppers } from './shoppers.ts';

/** A data set's file, told by its first line. */
export interface Dataset {
  readonly name: string; // for people: which kind it is
  readonly visits: AsyncIterable<SeenVisit>;
}

const KINDS: readonly { name: string; first: RegExp; read(path: string): AsyncIterable<SeenVisit> }[] = [
  { name: 'UCI Online Retail', first: /^"?Invoice(No)?"?,/, read: readOrders },
  { name: 'UCI Online Shoppers', first: /^"?Administrative"?,.*Revenue/, read: readShoppers },
  { name: 'Diginetica item views', first: /^"?session_?id"?;/i, read: (path) => readClicks(path, ';') },
  { name: 'YooChoose clicks', first: /^(\d+,\d{4}-\d\d-\d\d|"?session_?id"?,)/i, read: (path) =>
    readClicks(path, ',') },
  { name: 'sessions', first: /^[\w.:-]+( [\w.:-]+)*$/, read: readSessions },
];

/** Of a folder, its `train_sessions.txt.gz`. Fails with `bad_argument` where the file is of no known kind. */
export async function openDataset(given: string): Promise<Dataset> {
  const path = isFolder(given) ? join(given, 'train_sessions.txt.gz') : given;
  for await (const bytes of readLines(path)) {
    const line = lineText(bytes, 1).trim();
    if (line === '') continue;
    const kind = KINDS.find(({ first }) => first.test(line));
    if (!kind) break;
    const name = kind.name === 'sessions' ? sessionsName(path) : kind.name;
    return { name, visits: kind.read(path) };
  }
  throw new ServeError('bad_argument',
    `${path} is no data set that can be read: it begins neither like Online ` +
    'Retail, Online Shoppers, YooChoose or Diginetica, nor with a line of item ids');
}

/** As people know the two published sets, else as the file is called. */
function sessionsName(path: string): string {
  const known = { yoochoose1_64: 'YooChoose 1/64', diginetica: 'Diginetica' };
  const found = Object.entries(known).find(([word]) => path.includes(word));
  return found?.[1] ?? basename(path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
