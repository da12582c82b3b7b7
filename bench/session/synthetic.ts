import { Prng } from '../../server/core/prng.ts';

const LENGTH_MIN = 2;
const LENGTH_MAX = 18; // ten on average
const NEAR = 50; // items on either side that visitors go on to
const STRAY = 0.1; // of the steps lead anywhere

/**
 * Sessions of a made-up shop, one a call: a visitor enters at an item, the more popular the more
 * likely (a power law, as on all shops), and goes on to items near to the last one, or now and then to
 * any. Items are numbers as text.
 */
export function makeSessions(items: number, seed: number): () => string[] {
  const prng = new Prng(seed);
  const enter = (): number => Math.min(items - 1, Math.floor(items * prng.float() ** 3));
  return () => {
    const length = LENGTH_MIN + prng.below(LENGTH_MAX - LENGTH_MIN + 1);
    let at = enter();
    return Array.from({ length }, () => {
      const item = at;
      const step = 1 + Math.floor(NEAR * prng.float() ** 2);
      if (prng.float() < STRAY) at = enter();
      else at = (at + (prng.float() < 0.5 ? step : items - step)) % items;
      return String(item);
    });
  };
}
