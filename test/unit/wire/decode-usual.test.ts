import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { decodeRequest } from '../../../server/wire/decode.ts';
import { decodeUsual } from '../../../server/wire/decode-usual.ts';

const odd = fc.constantFrom<unknown>(
  undefined, null, '', 'a\u0001', 'é', 7, -1, 1.5, NaN, true, [], {}, ['x'], new Uint8Array(0));
const mostly = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary }, { weight: 1, arbitrary: odd });
const anyFilter = fc.record({
  category: mostly(fc.string()), price_min: mostly(fc.double({ min: 0 })), price_max: mostly(fc.nat()),
  exclude_seen: mostly(fc.boolean()),
}, { requiredKeys: [] });
const anyMessage = fc.record({
  op: fc.constant('recommend'), id: mostly(fc.nat()), session: mostly(fc.string()), customer: mostly(fc.string()),
  k: mostly(fc.integer({ min: 1, max: 600 })), items: mostly(fc.array(fc.string(), { maxLength: 3 })),
  filter: mostly(anyFilter),
}, { requiredKeys: ['op', 'id'] });
const more = fc.constantFrom({}, {}, {}, { language: 'zh' }, { deadline_ms: 5 }, { placement: 'home' }, { unknown: 1 });

suite('The usual request', () => {
  test('is read as the general way reads it, or is left to that', () => {
    let read = 0;
    fc.assert(fc.property(anyMessage, more, (asked, said) => {
      const message = { ...asked, ...said };
      const usual = decodeUsual(message);
      if (!usual) return;
      read += 1;
      // What it does not know sends it the general way.
      const general = decodeRequest({ ...message, anything: 1 }, 0);
      assert.deepEqual(usual, general);
    }), { numRuns: 3000 });
    assert.ok(read > 20, `${read} were read`);
    assert.deepEqual(decodeUsual({ op: 'recommend', id: 5, session: 's', filter: { price_min: 3 } }),
      { op: 'recommend', id: 5, session: 's', k: 20, filter: { priceMin: 3 } });
  });
});
