import type { Clock } from '../core/clock.ts';
import type { InferResult } from '../core/inference.ts';

/** An entry's own cost beside its texts and bytes: a map's place, objects, numbers. */
const ENTRY_BYTES = 400;

interface Entry {
  readonly owner: object;
  readonly key: string; // under its owner
  readonly result: InferResult;
  readonly bytes: number;
  readonly untilUs: number;
}

/**
 * Answers of all models that keep them, within one budget of bytes: the one that was not asked for
 * longest makes room. An owner is one version of a model as it was loaded.
 */
export class AnswerStore {
  readonly #owners = new Map<object, Map<string, Entry>>();
  readonly #order = new Set<Entry>(); // the one asked for last is last
  #bytes = 0;
  evicted = 0;

  constructor(private readonly clock: Clock, private readonly bytesMax: number) {}

  get bytes(): number {
    return this.#bytes;
  }
  get entries(): number {
    return this.#order.size;
  }

  get(owner: object, key: string): InferResult | null {
    const entry = this.#owners.get(owner)?.get(key);
    if (!entry) return null;
    this.#order.delete(entry);
    if (entry.untilUs <= this.clock.nowUs()) {
      this.#forget(entry);
      return null;
    }
    this.#order.add(entry);
    return entry.result;
  }

  /** Keeps it for `ttlUs`. One that is larger than the whole budget is not kept. */
  put(owner: object, key: string, result: InferResult, ttlUs: number): void {
    const bytes = ENTRY_BYTES + key.length +
      result.outputs.reduce((sum, { data, name }) => sum + data.byteLength + name.length, 0);
    if (bytes > this.bytesMax) return;
    let own = this.#owners.get(owner);
    if (!own) this.#owners.set(owner, (own = new Map()));
    const before = own.get(key);
    if (before) this.#forget(before);
    const entry = { owner, key, result, bytes, untilUs: this.clock.nowUs() + ttlUs };
    own.set(key, entry);
    this.#order.add(entry);
    this.#bytes += bytes;
    for (const oldest of this.#order) {
      if (this.#bytes <= this.bytesMax) break;
      this.#forget(oldest);
      this.evicted += 1;
    }
  }

  /** Forgets all that the owner has. */
  drop(owner: object): void {
    for (const entry of this.#owners.get(owner)?.values() ?? []) this.#forget(entry);
    this.#owners.delete(owner);
  }

  #forget(entry: Entry): void {
    this.#order.delete(entry);
    this.#owners.get(entry.owner)?.delete(entry.key);
    this.#bytes -= entry.bytes;
  }
}
