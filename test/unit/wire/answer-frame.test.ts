import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { AnswerFrames, type AnswerMessage } from '../../../server/wire/answer-frame.ts';
import { decodeMsgpack, encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { toWire } from '../../../server/wire/names.ts';

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constant('看过“灯”的访客常接着看它'));
const reason = fc.record({
  code: fc.constantFrom('again', 'taste'), because: text, cold: fc.constantFrom('visits', 'category'),
  text: fc.oneof(text, fc.constant('Fits')),
}, { requiredKeys: ['code', 'text'] });
const item = fc.oneof(
  fc.record({ item: text, score: fc.double({ noNaN: true }), reason }),
  fc.record({ item: text, score: fc.nat(), reason, priceMax: fc.nat() }), // names that it does not know
  fc.record({ item: fc.nat(), other: fc.array(text) }),
);
const answer = fc.record({
  id: fc.oneof(text, fc.nat(), fc.constant(null)),
  attribution: text,
  items: fc.array(item, { maxLength: 40 }),
  degraded: fc.array(text, { maxLength: 3 }),
  model: fc.record({ name: text, timing: fc.record({ queueUs: fc.double({ noNaN: true }) }) }),
  nothing: fc.constant(undefined),
}, { requiredKeys: ['attribution', 'items'] });

suite('An answer as a frame', () => {
  test('says what every other message would say, whatever is in it', () => {
    const frames = new AnswerFrames();
    fc.assert(fc.property(answer, (message) => {
      const frame = frames.encode(message as unknown as AnswerMessage);

      assert.deepEqual(decodeMsgpack(frame), decodeMsgpack(encodeMsgpack(toWire(message))));
    }), { numRuns: 500 });
  });

  test('stays as it is while others are written, and may be larger than what they lie in', () => {
    const frames = new AnswerFrames();
    const of = (title: string): AnswerMessage => ({
      attribution: 'a', items: Array.from({ length: 500 }, (_, i) =>
        ({ item: `i${i}`, score: i / 7, reason: { code: 'again', because: `${i}`, text: title } })),
    });

    const written = Array.from({ length: 40 }, (_, i) => of(String(i).repeat(i === 20 ? 2000 : 3)))
      .map((message) => ({ message, frame: frames.encode(message) }));

    for (const { message, frame } of written) assert.deepEqual(decodeMsgpack(frame), toWire(message));
  });
});
