import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { GivenAnswers } from '../../../server/storefront/given-answers.ts';

const anyAnswers = fc.array(
  fc.record({ rows: fc.array(fc.nat(1e6), { maxLength: 700 }), tag: fc.constantFrom('', '', '~a.1') }),
  { maxLength: 60 });

suite('Given answers', () => {
  test('the newest are understood, whatever their lengths, and no others', () => {
    fc.assert(fc.property(anyAnswers, fc.integer({ min: 1, max: 20 }), (answers, most) => {
      const given = new GivenAnswers(most);
      answers.forEach(({ rows, tag }, i) => {
        assert.equal(given.add(Uint32Array.from(rows), tag), i + 1);
        if (i % 7 === 3) given.get(i, ''); // echoed
      });

      answers.forEach(({ rows, tag }, i) => {
        const found = given.get(i + 1, tag);
        if (i < answers.length - most) return assert.equal(found, undefined);
        assert.deepEqual([...(found?.rows ?? [-1])], rows);
        assert.equal(given.get(i + 1, tag), found);
        assert.equal(given.get(i + 1, `${tag}~b.0`), undefined);
      });
      for (const number of [0, answers.length + 1, NaN, -1]) assert.equal(given.get(number, ''), undefined);
    }));
  });
});
