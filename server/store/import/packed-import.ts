import { systemClock } from '../../core/clock.ts';
import { FoundEvent, PackedEvents } from '../packed-events.ts';
import type { ShopEvent } from '../../wire/schema.ts';
import type { Store } from '../store.ts';
import { cursorNote, fileMark, readCursor } from './cursor.ts';
import { progressText } from './progress.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const PROGRESS_MS = 1000;

/** One import of one file: packs events, commits them with how far it has got, and tells of it. */
export class PackedImport {
  readonly packed = new PackedEvents();
  readonly found = new FoundEvent();
  readonly tally: Tally;
  /** Where to begin: a byte, or a row; and the lines before it. */
  readonly start: { readonly offset: number; readonly line: number };
  readonly #note: string;
  readonly #file: string;
  readonly #itemsBefore: number;
  readonly #gzip: boolean;
  readonly #startUs = systemClock.nowUs();
  #toldUs = this.#startUs;

  /** `how`: the options that the file is read by; what they changed is not taken up. */
  constructor(
    private readonly store: Store,
    path: string,
    private readonly options: ImportOptions,
    private readonly how: string,
  ) {
    this.tally = new Tally({ ...options, progress: () => {} });
    this.#gzip = path.endsWith('.gz');
    this.#note = cursorNote(path);
    this.#file = fileMark(path);
    this.#itemsBefore = store.itemCount;
    const cursor = readCursor(store, path, this.#file, how);
    this.start = cursor ?? { offset: 0, line: 0 };
    if (cursor) options.progress(`an import of this file broke off: taken up after line ${cursor.line}`);
  }

  /** Whether it is time to commit. */
  get full(): boolean {
    return this.packed.full || this.packed.count >= (this.options.commitEvents ?? Infinity);
  }

  add(event: ShopEvent): void {
    for (const one of this.options.currencies?.admit([event]) ?? [event]) this.packed.add(one);
  }

  /** A row that is decoded. What was packed before one that ends the import is committed. */
  row(read: () => void): void | Promise<never> {
    try {
      this.tally.row(read);
    } catch (error) {
      return this.#append({}).then(() => {
        throw error;
      });
    }
  }

  /** Commits what is packed, and that the import has come to `offset`, after `line` lines. */
  async commit(offset: number, line: number): Promise<void> {
    const cursor = { file: this.#file, how: this.how, offset, line };
    const { count } = this.packed;
    await this.#append({ [this.#note]: cursor });
    await this.options.committed?.(count);
  }

  /** The file is read to its end: a second import of it begins at its beginning. */
  async finish(): Promise<ImportSummary> {
    await this.#append({ [this.#note]: undefined });
    this.tally.items = this.store.itemCount - this.#itemsBefore;
    return this.tally.summary;
  }

  /** Tells how far it is, once a second; `done` of `all`, in whatever unit. */
  tell(done: number, all: number): void {
    const nowUs = systemClock.nowUs();
    if (nowUs - this.#toldUs < PROGRESS_MS * 1000) return;
    this.#toldUs = nowUs;
    const { events, duplicates } = this.tally;
    const seconds = (nowUs - this.#startUs) / 1e6;
    const before = this.#gzip ? 0 : this.start.offset; // a .gz is unpacked from its beginning
    this.options.progress(progressText({ events: events + duplicates, seconds, done, all, before }));
  }

  async #append(notes: Readonly<Record<string, unknown>>): Promise<void> {
    const { accepted, duplicates } = await this.store.appendPacked(this.packed, notes);
    this.tally.events += accepted;
    this.tally.duplicates += duplicates;
    this.packed.clear();
  }
}
