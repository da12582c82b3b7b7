import { ServeError } from '../../core/errors.ts';
import { FORMATS } from '../../intake/formats.ts';
import type { Format } from '../../intake/formats.ts';
import type { Store } from '../store.ts';
import { fileSize, readBlocks } from './blocks.ts';
import { isBlank, lineText, parseObject } from './lines.ts';
import { PackedImport } from './packed-import.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const LF = 10;

/** Reads messages of another system (`server/intake/README.md`), one a line. Each must have its time. */
export async function importForeignEvents(
  store: Store, path: string, options: ImportOptions, format: Format,
): Promise<ImportSummary> {
  const all = fileSize(path);
  const run = new PackedImport(store, path, options, `format ${format}`);
  const adapt = FORMATS[format];
  let { line } = run.start;

  for await (const { bytes, offset, fileBytes } of readBlocks(path, run.start.offset)) {
    for (let from = 0; from < bytes.length;) {
      const feed = bytes.indexOf(LF, from);
      const to = feed < 0 ? bytes.length : feed;
      const text = bytes.subarray(from, to);
      line += 1;
      const ended = isBlank(text) ? undefined : run.row(() => {
        const events = adapt(parseObject(line, lineText(text, line)), { parent: null, key: `line ${line}` }, NaN);
        if (events.length === 0) run.tally.skip('says nothing to a shop');
        for (const event of events) {
          if (!Number.isNaN(event.atMs)) continue;
          throw new ServeError('bad_argument', `line ${line}: expected a time of the event`);
        }
        for (const event of events) run.add(event);
      });
      if (ended) await ended;
      from = to + 1;
      if (run.full) await run.commit(offset + Math.min(from, bytes.length), line);
    }
    run.tell(fileBytes, all);
  }
  return run.finish();
}
