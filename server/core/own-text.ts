/**
 * The same text in memory of its own. What a decoder gives may be a slice of a whole message or of
 * a record of the log, which lives as long as the slice does: kept for long, it is to be copied.
 */
export function ownText(text: string): string {
  return ` ${text}`.slice(1); // a slice as well, but of nothing else
}
