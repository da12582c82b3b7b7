import type { ShopEvent } from '../../../server/wire/schema.ts';

/** Events of one shop, as its store would have them: what training and evaluation replay. */
export interface ShopLog {
  readonly name: string; // as a card prints it: 'cdnow'
  /** In order of `atMs`, those of one moment as they were written. */
  readonly events: readonly ShopEvent[];
  readonly timeZone: string; // of the shop: IANA name, for events that have none of their own
  /** The log is whole up to here: outcomes after it are unknown. */
  readonly endMs: number;
  /** Rows of the file that are not in it, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** The category that an item is counted under; absent where the log knows none. */
  categoryOf?(item: string): string | undefined;
}

/** Puts events into the order of a `ShopLog`. */
export function inTimeOrder(events: readonly ShopEvent[]): ShopEvent[] {
  return [...events].sort((a, b) => a.atMs - b.atMs); // stable
}
