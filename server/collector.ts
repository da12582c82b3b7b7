import { setFlagsFromString } from 'node:v8';

/**
 * Tells the garbage collector not to guess from where an object is made whether it will live long
 * (V8's allocation site pretenuring). One stall in which requests pile up, or a look of the watch,
 * teaches it that all that requests make lives long; from then on that goes where only a collection
 * of the whole heap cleans up (6.6 KB of each insight, 3.1 without), and that stops everything.
 * To be called before the code of requests is compiled. What helpers the collector has cannot be
 * changed this late: V8 ends the process in its next collection.
 */
export function tuneCollector(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
