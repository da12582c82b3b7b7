import { ServeError } from '../../core/errors.ts';
import { ID_RULE, isId, shown } from '../../wire/fields.ts';
import { isBlank, lineText, readLines } from './lines.ts';

/** One row of a test file: what a visitor had looked at, oldest first, and what came next. */
export interface TestPrefix {
  readonly target: string;
  readonly items: readonly string[]; // at least one
}

/**
 * The sessions of a file, unpacked where its name ends in `.gz`: one a line, item ids separated by
 * blanks, oldest session and oldest item first. Empty lines are passed over. Each is a function
 * that throws `bad_argument` naming the line when it holds what is no id by the wire's rule.
 */
export async function* readSessionFile(path: string): AsyncIterable<() => string[]> {
  let line = 0;
  for await (const bytes of readLines(path)) {
    line += 1;
    const at = line;
    if (!isBlank(bytes)) yield () => itemIds(lineText(bytes, at), at);
  }
}

/**
 * The rows of a test file: a header, then `target<TAB>items`, the items separated by blanks. Fails
 * with `bad_argument` naming the line.
 */
export async function* readPrefixFile(path: string): AsyncIterable<TestPrefix> {
  let line = 0;
  for await (const bytes of readLines(path)) {
    line += 1;
    const text = lineText(bytes, line);
    if (line === 1 && text.startsWith('target')) continue;
    if (text.trim() === '') continue;
    const [target = '', prefix, ...more] = text.split('\t');
    if (prefix === undefined || more.length > 0 || target === '') {
      throw new ServeError('bad_argument', `${path} line ${line}: not 'target<TAB>items'`);
    }
    const items = itemIds(prefix, line);
    if (items.length > 0) yield { target: target.trim(), items };
  }
}

function itemIds(text: string, line: number): string[] {
  const ids = text.split(/\s+/).filter((id) => id !== '');
  const wrong = ids.find((id) => !isId(id));
  if (wrong === undefined) return ids;
  throw new ServeError('bad_argument', `line ${line}: expected ${ID_RULE}, got ${shown(wrong)}`);
}
