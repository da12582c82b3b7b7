import type { PackedEvents } from './packed-events.ts';

/**
 * Records of the log, of up to `eventsMax` events, from those of `packed` that are fresh; `at` counts
 * these. The bytes are valid until the next record.
 */
export function* packedRecords(
  packed: PackedEvents, fresh: Uint8Array, eventsMax: number,
): Iterable<{ readonly at: number; readonly record: Buffer }> {
  let record = Buffer.allocUnsafeSlow(1 << 16);
  let at = 0;
  for (let i = 0; i < packed.count;) {
    const start = at;
    let end = HEAD_BYTES;
    let events = 0;
    while (i < packed.count && events < eventsMax) {
      if (fresh[i] === 0) {
        i += 1;
        continue;
      }
      // What lies side by side is copied at once.
      let last = i;
      while (last + 1 < packed.count && fresh[last + 1] === 1 && events + last - i + 1 < eventsMax) last += 1;
      const [from, to] = [packed.startOf(i), packed.ends[last] as number];
      if (end + to - from > record.length) {
        record = Buffer.concat([record.subarray(0, end)], 2 * (end + to - from));
      }
      packed.bytes.copy(record, end, from, to);
      end += to - from;
      events += last - i + 1;
      i = last + 1;
    }
    if (events === 0) return;
    record[0] = 0xdc; // a list, its length in two bytes
    record.writeUInt16BE(events, 1);
    at = start + events;
    yield { at: start, record: record.subarray(0, end) };
  }
}

const HEAD_BYTES = 3;
