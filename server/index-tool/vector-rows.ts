import type { Key } from '../ann/key-note.ts';
import { ServeError } from '../core/errors.ts';

/** Some rows of a file, in its order. Ids are the rows' numbers where the format has none. */
export interface VectorChunk {
  readonly dim: number;
  readonly first: number; // row of the file, from 0
  readonly ids: readonly VectorId[] | null;
  readonly vectors: Float32Array; // [rows, dim], finite
  readonly total: number | null; // rows of the whole file, where its head says so
}
export type VectorId = Key;

export const DIM_MAX = 4096;
export const LENGTH_MAX = 1e18; // of a vector that the index takes
export const CHUNK_ROWS = 4096;

export type Flaw =
  | 'format' | 'truncated' | 'dimension' | 'not a number' | 'too long' | 'duplicate' | 'empty' | 'unreadable';

/** A file of vectors that is not as it must be: which, where and how. */
export class VectorFileError extends ServeError {
  constructor(
    readonly path: string,
    readonly row: number | null, // from 0; null where the whole file is meant
    readonly flaw: Flaw,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      flaw === 'unreadable' ? 'storage' : 'bad_argument',
      `${path}${row === null ? '' : `, row ${row} (from 0)`}: ${detail}`, options,
    );
    this.message = this.detail; // it names the file: no more need be said
  }
}
