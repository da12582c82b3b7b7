import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { reasonText } from '../../../server/storefront/reasons.ts';
import { LANGUAGES } from '../../../server/wire/schema.ts';

const CODES = [
  'session_neighbours', 'followed_by', 'again', 'similar', 'taste', 'popular', 'trending',
  'recently_viewed', 'bought_together', 'buy_again', 'customer_neighbours', 'history_neighbours',
  'customers_also', 'followed_later', 'came_before', 'content', 'search', 'listed',
] as const;

suite('Reasons', () => {
  test('every reason has a text in every language, with the title it stands on', () => {
    for (const language of LANGUAGES) {
      const texts = CODES.map((code) => reasonText(code, 'A lamp', language));
      assert.equal(new Set(texts).size, CODES.length);
      for (const code of ['followed_by', 'similar'] as const) {
        assert.match(reasonText(code, 'A lamp', language), /A lamp/);
        assert.ok(!reasonText(code, undefined, language).includes('undefined'));
      }
    }
  });

  test('English is spoken where no language is named', () => {
    assert.equal(reasonText('similar', 'A lamp'), 'Similar to A lamp');
  });
});
