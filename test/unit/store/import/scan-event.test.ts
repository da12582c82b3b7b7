import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { decodeEvent as decodeTuple } from '../../../../server/store/event-codec.ts';
import type { EventTuple } from '../../../../server/store/event-codec.ts';
import { EventScanner } from '../../../../server/store/import/scan-event.ts';
import { FoundEvent, PackedEvents } from '../../../../server/store/packed-events.ts';
import { decodeEvent } from '../../../../server/wire/decode-event.ts';
import { ROOT } from '../../../../server/wire/fields.ts';
import { decodeMsgpack } from '../../../../server/wire/msgpack.ts';
import { toWire } from '../../../../server/wire/names.ts';
import { anyEvent } from '../../../support/shop-events.ts';

const PRICE = fc.oneof(fc.integer({ min: 0, max: 1e6 }).map((cents) => cents / 100), fc.constant(0));

suite('EventScanner', () => {
  const scanner = new EventScanner();
  scanner.zoneIsGood('Europe/London');
  const found = new FoundEvent();
  const packed = new PackedEvents();

  /** The event that a line is packed to; null where the scanner leaves it to decoding. */
  const scanned = (line: string): unknown => {
    const bytes = Buffer.from(`x${line}`);
    if (!scanner.scan(bytes, 1, bytes.length, found)) return null;
    packed.pack(bytes, found);
    return unpacked();
  };
  const unpacked = (): unknown => {
    const event = decodeTuple(decodeMsgpack(
      packed.bytes.subarray(packed.startOf(0), packed.ends[0])) as EventTuple);
    assert.equal(packed.id(0).toString(), event.id);
    packed.clear();
    return event;
  };

  test('what it takes is what decoding gives, whatever the event', () => {
    let taken = 0;
    const id = fc.stringMatching(/^[ !#-[\]-~]{1,20}$/);
    const plain = fc.record({
      id, session: id, customer: id, visitor: id, attribution: id, query: id,
      atMs: fc.integer({ min: 9e11, max: 4e12 }),
      items: fc.array(fc.record({ item: id, quantity: fc.integer({ min: 1 }), price: PRICE }), { maxLength: 9 }),
    }, { requiredKeys: ['id', 'session', 'atMs', 'items'], noNullPrototype: true });
    fc.assert(fc.property(anyEvent, plain, fc.boolean(), (any, more, spaced) => {
      const event = { ...any, ...more };
      const line = JSON.stringify(toWire(event), null, spaced ? 1 : 0).replaceAll('\n', ' ');
      const fast = scanned(line);
      if (fast === null) return;
      taken += 1;
      assert.deepEqual(fast, decodeEvent(JSON.parse(line), ROOT, 0));
    }), { numRuns: 2000, seed: 20261123 });
    assert.ok(taken > 200, `${taken}`);
  });

  test('what it takes decodes, however a line is broken', () => {
    const line = JSON.stringify({
      id: 'e1', type: 'purchase', at_ms: 1_700_000_000_000, session: 's', customer: 7, visitor: 'v',
      items: ['rug', { item: 'lamp', quantity: 2, price: 9.5, discount: 1 }], attribution: 'x',
      time_zone: 'Europe/London', consent: false, country: 'DE', device: 'phone', query: 'a b',
      currency: 'EUR', robot: false, user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0',
    });
    assert.ok(scanned(line));
    const other = '"{}[]:,0129.eE-+ntx \\\u0001é';
    fc.assert(fc.property(
      fc.nat(line.length - 1), fc.nat(3), fc.nat(other.length - 1), (at, cut, letter) => {
        const broken = line.slice(0, at) + other[letter] + line.slice(at + cut);
        const fast = scanned(broken);
        if (fast !== null) assert.deepEqual(fast, decodeEvent(JSON.parse(broken), ROOT, 0));
      }), { numRuns: 5000, seed: 20261123 });
  });

  test('a user agent of a program makes the event a robot’s', () => {
    const line = (agent: string): string => JSON.stringify({
      id: 'e', type: 'home_view', at_ms: 1_700_000_000_000, session: 's', user_agent: agent,
    });
    const robots = [
      'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'curl/8.5.0',
      'python-requests/2.31.0', 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    ];
    for (const agent of robots) {
      assert.equal((scanned(line(agent)) as { robot?: boolean }).robot, true, agent);
      assert.equal(decodeEvent(JSON.parse(line(agent)), ROOT, 0).robot, true, agent);
    }
    const person = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ' +
      'Chrome/120.0.0.0 Safari/537.36';
    assert.ok(!('robot' in (scanned(line(person)) as object)));
  });
});

suite('PackedEvents', () => {
  test('holds any event as the log does', () => {
    const packed = new PackedEvents();
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 5 }), (events) => {
      packed.clear();
      for (const event of events) packed.add(event);
      events.forEach((event, i) => {
        const tuple = decodeMsgpack(packed.bytes.subarray(packed.startOf(i), packed.ends[i]));
        assert.deepEqual(decodeTuple(tuple as EventTuple), event);
        assert.equal(packed.id(i).toString(), event.id);
      });
    }), { numRuns: 300, seed: 20261123 });
  });
});
