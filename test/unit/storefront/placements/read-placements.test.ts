import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parsePlacements, readPlacements } from '../../../../server/storefront/placements/read-placements.ts';
import { tempFile } from '../../../support/temp-file.ts';

suite('placements.json', () => {
  test('says what differs from the built-in ones, and may name more', () => {
    const placements = parsePlacements({
      language: 'zh',
      placements: {
        product: { filter: 'stock and price < 50', boost: '1.5 if category = "sale"', caps: { category: 2 } },
        'home-top': {
          blend: 'home', k: 4, diversity: 0, bought_days: 30, fallback: ['where', 'email'], language: 'en',
        },
      },
    }, 'file');

    const product = placements.get('product');
    assert.deepEqual([product?.blend, product?.k, product?.language], ['product', 12, 'zh']);
    assert.deepEqual(product?.rules, { boost: ['1.5 if category = "sale"'], caps: { category: 2 } });
    const top = placements.get('home-top');
    assert.deepEqual([top?.blend, top?.k, top?.boughtDays, top?.fallback, top?.language],
      ['home', 4, 30, ['where', 'email'], 'en']);
    assert.deepEqual(top?.rules, { diversity: 0, rotation: 0.1, rotationHours: 24 });
    assert.deepEqual([...placements.keys()], ['home', 'product', 'cart', 'search', 'email', 'home-top']);
  });

  test('what is wrong is told with the file and the path inside it', () => {
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [[], /file: expected placements as a map/],
      [{ placement: {} }, /placement: expected one of placements, language/],
      [{ placements: { home: { ks: 3 } } }, /placements\.home\.ks: expected one of blend/],
      [{ placements: { home: { k: 0 } } }, /placements\.home\.k: expected an integer from 1 to 500/],
      [{ placements: { home: { filter: 'price <' } } }, /placements\.home\.filter: .*character 8: expected a value/],
      [{ placements: { home: { boost: ['2', '('] } } }, /placements\.home\.boost\[1\]: .*character 2/],
      [{ placements: { home: { caps: { category: 0 } } } }, /placements\.home\.caps\.category: expected an integer/],
      [{ placements: { home: { fallback: ['stock'] } } }, /home\.fallback\[0\]: expected one of exclude_seen/],
      [{ placements: { home: { diversity: 2 } } }, /placements\.home\.diversity: expected a number from 0 to 1/],
      [{ placements: { x: { blend: 'y' } } }, /placements\.x\.blend: expected one of home, product/],
      [{ placements: { home: { rotation_hours: 0 } } }, /rotation_hours: expected a number above 0/],
      [{ language: 'fr' }, /language: expected one of en, zh/],
    ];

    for (const [value, message] of wrong) {
      assert.throws(() => parsePlacements(value, 'file'), message);
      const path = tempFile('placements.json', JSON.stringify(value));
      assert.throws(() => readPlacements(path, true), { code: 'bad_argument' });
    }
    const path = tempFile('placements.json', '{"placements": {');
    assert.throws(() => readPlacements(path, false), { code: 'bad_argument', message: /placements\.json: / });
  });

  test('where there is no file the built-in ones hold; one that was asked for must be there', () => {
    assert.equal(readPlacements('/nowhere/placements.json', false).size, 5);
    assert.throws(() => readPlacements('/nowhere/placements.json', true), /ENOENT/);
  });
});
