import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log } from '../../core/log.ts';

const KEY_BYTES = 16; // of the text's SHA-256

/**
 * Vectors of texts that an encoder has read before, in a file: a start need not read them all again. It
 * begins with a line that names the model; the file of another is begun anew. A record that a crash cut
 * short is left out. What cannot be written costs a line in the log.
 */
export class TextCache {
  readonly #vectors = new Map<string, Float32Array>();
  #broken = false;

  constructor(
    private readonly path: string, private readonly digest: string, private readonly dim: number,
    private readonly log: Log,
  ) {
    const head = this.#head();
    const record = KEY_BYTES + 4 * dim;
    try {
      const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
      if (!bytes.subarray(0, head.length).equals(head)) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, head);
        return;
      }
      let at = head.length;
      for (; at + record <= bytes.length; at += record) {
        const vector = new Float32Array(dim);
        new Uint8Array(vector.buffer).set(bytes.subarray(at + KEY_BYTES, at + record));
        this.#vectors.set(bytes.toString('hex', at, at + KEY_BYTES), vector);
      }
      if (at < bytes.length) writeFileSync(path, bytes.subarray(0, at));
    } catch (error) {
      this.#fail(error);
    }
  }

  get size(): number {
    return this.#vectors.size;
  }

  get(text: string): Float32Array | undefined {
    return this.#vectors.get(keyOf(text).toString('hex'));
  }

  /** On disk when it returns, as far as this process sees it. */
  put(texts: readonly string[], vectors: readonly Float32Array[]): void {
    const records: Uint8Array[] = [];
    texts.forEach((text, i) => {
      const key = keyOf(text);
      const vector = vectors[i] as Float32Array;
      this.#vectors.set(key.toString('hex'), vector);
      records.push(key, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    });
    if (this.#broken) return;
    try {
      appendFileSync(this.path, Buffer.concat(records));
    } catch (error) {
      this.#fail(error);
    }
  }

  #head(): Buffer {
    return Buffer.from(`vitrine texts 1 ${this.digest} ${this.dim}\n`);
  }

  #fail(error: unknown): void {
    this.#broken = true;
    this.log.warn("texts' vectors are not kept for the next start", {
      path: this.path, why: (error as Error).message,
    });
  }
}

function keyOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, KEY_BYTES);
}
