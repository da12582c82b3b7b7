import type { Prng } from '../../../server/core/prng.ts';
import type { Point, Space } from './space.ts';

/** A point that was tried, with how much of the budget, and its loss: lower is better. */
export interface Trial {
  readonly point: Point;
  readonly budget: number; // 0..1 of all that a trial may use
  readonly loss: number; // Infinity: it could not be tried
}

/** Tries a point and says its loss. */
export type Ask = (point: Point, budget?: number) => Promise<number>;

/**
 * How a space is searched. It decides by its seed and by the losses it is told, and by nothing else:
 * so a search that was broken off goes on where it stood when it is told the same losses again.
 */
export interface Strategy {
  readonly name: string; // with its settings: 'TPE, 50 trials'
  readonly trials: number; // asked at most
  run(space: Space, prng: Prng, ask: Ask): Promise<void>;
}
