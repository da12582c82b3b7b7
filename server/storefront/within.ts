import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';

/**
 * The promise's own end, or `deadline` when `ms` pass before it. What it still does is not stopped;
 * how it ends is then nobody's business.
 */
export function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T> {
  if (ms === Infinity) return promise;
  return new Promise((resolve, reject) => {
    const late = () => reject(new ServeError('deadline'));
    const cancel = clock.after(Math.max(0, ms) * 1000, late);
    promise.then(resolve, reject).finally(cancel);
  });
}
