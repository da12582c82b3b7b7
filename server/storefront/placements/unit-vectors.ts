import type { Clock } from '../../core/clock.ts';

const KEPT_MAX = 20_000; // items; 5 MB of 64 values
const FRESH_US = 60e6; // vectors of new items move with their visits

/** Learned vectors at length 1, remembered for a minute: an answer needs a hundred of them. */
export class UnitVectors {
  readonly #kept = new Map<number, Float32Array | null>();
  #sinceUs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly vectorOf: (row: number) => Float32Array | null,
  ) {}

  /** Null where the item has no vector, or one of no length, which has no direction. */
  of(row: number): Float32Array | null {
    const kept = this.#kept.get(row);
    if (kept !== undefined) return kept;
    const unit = unitOf(this.vectorOf(row));
    this.#kept.set(row, unit);
    return unit;
  }

  /** To be called before an answer: forgets what is old, and all where there is too much. */
  freshen(): void {
    const nowUs = this.clock.nowUs();
    if (nowUs - this.#sinceUs < FRESH_US && this.#kept.size < KEPT_MAX) return;
    this.#kept.clear();
    this.#sinceUs = nowUs;
  }
}

/** Pure. */
export function unitOf(vector: Float32Array | null): Float32Array | null {
  if (!vector) return null;
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += (vector[i] as number) * (vector[i] as number);
  if (!(squares > 0)) return null;
  const scale = 1 / Math.sqrt(squares);
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) unit[i] = (vector[i] as number) * scale;
  return unit;
}
