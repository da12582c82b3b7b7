import type { Opening, Setting } from './protocol.ts';

/** An index as the bench's child process drives it; `Opening` says what the files hold. */
export interface Engine {
  /** Builds over `vectors`, `[count, dim]`. */
  build(vectors: Float32Array): void;
  save(path: string): void;
  open(path: string): void;
  /** Bytes in memory; null where the library does not say, and its file's size stands in. */
  bytes(): number | null;
  spend(setting: Setting): void;
  /** Answers queries `at .. at + count` into `ids`, `[count, k]`, in one call where it can. */
  search(at: number, count: number, ids: Uint32Array): void;
  filter?(bitmap: Uint8Array | null): void;
  remove?(ids: Uint32Array): void;
  add?(ids: Uint32Array, vectors: Float32Array): void;
  /** Looks for better edges of so many vectors, in turn. */
  refine?(count: number): void;
  /** For another thread, which may search while this one changes the index. */
  token?(): bigint;
}

/** Makes an engine; its queries are given once, so that each may keep them in the form it likes. */
export type MakeEngine = (opening: Omit<Opening, 'do'>, queries: Float32Array) => Engine;
