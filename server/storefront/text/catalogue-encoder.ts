import type { Clock } from '../../core/clock.ts';
import { asServeError, FAILURES } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { TextCache } from './text-cache.ts';
import type { TextEncoder } from './text-encoder.ts';

/** Texts of items that have no vector yet. */
export interface WaitingTexts {
  /** Up to `count`, which wait no more. */
  next(count: number): { readonly row: number; readonly text: string }[];
  /** Vectors of rows whose text is still that one; null: it has none. */
  place(read: readonly { readonly row: number; readonly text: string; readonly vector: Float32Array | null }[]): void;
  /** Calls `wake` whenever texts wait, from now on. */
  onWaiting(wake: () => void): void;
}

const AGAIN_US = 1_000_000; // after which a server that was overloaded is asked again
const READ_AT_ONCE = 32;

/**
 * Reads the catalogue's texts in the background, a request at a time: visitors' answers go on meanwhile. A
 * text that the model fails on has no vector, and is in the log.
 */
export class CatalogueEncoder {
  #running = false;
  #closed = false;
  #cancel: () => void = () => {};
  read = 0;
  failed = 0;

  constructor(
    private readonly texts: WaitingTexts, private readonly encoder: Pick<TextEncoder, 'encode'>,
    private readonly cache: Pick<TextCache, 'get' | 'put'>, private readonly clock: Clock, private readonly log: Log,
  ) {
    texts.onWaiting(() => this.#start());
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #start(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    void this.#all().finally(() => (this.#running = false));
  }

  async #all(): Promise<void> {
    for (;;) {
      const some = this.texts.next(READ_AT_ONCE);
      if (some.length === 0 || this.#closed) return;
      const unread = some.filter(({ text }) => this.cache.get(text) === undefined);
      const vectors = unread.length === 0 ? [] : await this.#encode(unread.map(({ text }) => text));
      if (vectors === null) return;
      const found = new Map(unread.map(({ text }, i) => [text, vectors[i] ?? null]));
      const whole = [...found].filter((one): one is [string, Float32Array] => one[1] !== null);
      if (whole.length > 0) this.cache.put(whole.map(([text]) => text), whole.map(([, vector]) => vector));
      this.read += some.length;
      this.texts.place(some.map(({ row, text }) =>
        ({ row, text, vector: found.get(text) ?? this.cache.get(text) ?? null })));
    }
  }

  /** Null where the server is closing. */
  async #encode(texts: readonly string[]): Promise<readonly (Float32Array | null)[] | null> {
    while (!this.#closed) {
      try {
        return await this.encoder.encode(texts);
      } catch (thrown) {
        const error = asServeError(thrown);
        if (this.#closed || error.code === 'draining') return null;
        if (!FAILURES[error.code].retry) {
          this.failed += texts.length;
          this.log.error('items have no text vectors: their encoder fails', {
            items: texts.length, code: error.code, why: error.message,
          });
          return texts.map(() => null);
        }
        await new Promise<void>((resolve) => (this.#cancel = this.clock.after(AGAIN_US, resolve)));
      }
    }
    return null;
  }
}
