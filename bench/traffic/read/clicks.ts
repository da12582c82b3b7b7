import { ServeError } from '../../../server/core/errors.ts';
import { lineText, readLines } from '../../../server/store/import/lines.ts';
import type { SeenVisit } from '../seen.ts';

const OPEN_MAX = 100_000; // sessions whose clicks may lie apart

/**
 * The two sets as they were published: YooChoose's `session,time,item,category` without a header, and
 * Diginetica's `sessionId;userId;itemId;timeframe;eventdate`, the timeframe in milliseconds since the session's
 * first. Clicks of a session stand near each other. Fails with `bad_argument` naming the line.
 */
export async function* readClicks(path: string, comma: ',' | ';'): AsyncIterable<SeenVisit> {
  const open = new Map<string, Click[]>();
  let line = 0;
  for await (const bytes of readLines(path)) {
    line += 1;
    const text = lineText(bytes, line).trim();
    if (text === '' || (line === 1 && /^"?session/i.test(text))) continue;
    const { session, ...click } = comma === ',' ? yoochoose(text, line) : diginetica(text, line);
    const clicks = open.get(session);
    if (clicks) clicks.push(click);
    else open.set(session, [click]);
    if (open.size <= OPEN_MAX) continue;
    const [first, oldest] = open.entries().next().value as [string, Click[]];
    open.delete(first);
    yield visitOf(oldest);
  }
  for (const clicks of open.values()) yield visitOf(clicks);
}

interface Click {
  readonly item: string;
  readonly atMs: number; // of Diginetica: since the day began, which is no clock
  readonly clock: boolean;
}

function yoochoose(text: string, line: number): Click & { session: string } {
  const [session = '', time = '', item = ''] = text.split(',');
  const atMs = Date.parse(time);
  if (session === '' || item === '' || Number.isNaN(atMs)) {
    throw new ServeError('bad_argument', `line ${line}: not session,time,item,category`);
  }
  return { session, item, atMs, clock: true };
}

function diginetica(text: string, line: number): Click & { session: string } {
  const [session = '', , item = '', frame = '', date = ''] = text.split(';').map((word) => word.replaceAll('"', ''));
  const atMs = Date.parse(date) + Number(frame);
  if (session === '' || item === '' || Number.isNaN(atMs)) {
    throw new ServeError('bad_argument', `line ${line}: not sessionId;userId;itemId;timeframe;eventdate`);
  }
  return { session, item, atMs, clock: false };
}

function visitOf(clicks: Click[]): SeenVisit {
  clicks.sort((a, b) => a.atMs - b.atMs);
  const { atMs, clock } = clicks[0] as Click;
  return {
    items: clicks.map(({ item }) => item),
    gaps: clicks.slice(1).map((click, i) => (click.atMs - (clicks[i] as Click).atMs) / 1000),
    startMs: atMs,
    ...(clock && { wallMs: atMs }),
  };
}
