import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  DEFAULT_SETTINGS, parseSettings, readSettings, weightsAt, writeSettings,
} from '../../../../server/storefront/retrieval/settings.ts';
import type { BlendRecord } from '../../../../server/storefront/retrieval/settings.ts';
import { tempFolder } from '../../../support/temp-file.ts';

const RECORD: BlendRecord = {
  at: '2026-11-23T00:00:00.000Z', sessions: 10, heldOut: 1, prefixes: 3,
  hr20: 0.5, mrr20: 0.25, sources: ['popular'],
};

suite('Blend settings', () => {
  test('what was written is read back; a repository without the file has the defaults', () => {
    const folder = tempFolder();
    assert.equal(readSettings(folder), DEFAULT_SETTINGS);

    const settings = { ...DEFAULT_SETTINGS, again: { decay: 0.25 } };
    writeSettings(folder, settings, RECORD);

    assert.deepEqual(readSettings(folder), settings);
  });

  test('what a file leaves out is taken from the defaults', () => {
    const settings = parseSettings({ weights: { taste: 2 } }, 'here');
    assert.deepEqual(settings, {
      ...DEFAULT_SETTINGS, weights: { ...DEFAULT_SETTINGS.weights, taste: 2 },
    });
  });

  test('a placement has weights of its own, and the one blend\'s where it says nothing', () => {
    const settings = parseSettings({ weights: { again: 3 }, placements: { cart: { taste: 2 } } }, 'here');

    assert.deepEqual(weightsAt(settings, 'cart'), { ...settings.weights, taste: 2 });
    assert.equal(weightsAt(settings, 'cart').again, 3);
    assert.equal(weightsAt(settings, undefined), settings.weights);
    assert.deepEqual(parseSettings({ placements: {} }, 'here'), DEFAULT_SETTINGS);
  });

  test('a wrong field is refused by name', () => {
    const wrong: [unknown, RegExp][] = [
      [[], /here is not an object/],
      [{ weights: 3 }, /weights is not an object/],
      [{ weights: { taste: -1 } }, /weights\.taste/],
      [{ weights: { tastes: 1 } }, /weights\.tastes is unknown/],
      [{ weights: { taste: '1' } }, /weights\.taste/],
      [{ neighbours: { sample: 1.5 } }, /neighbours\.sample is not a whole number/],
      [{ neighbours: { queryDecay: 0 } }, /neighbours\.queryDecay is not above 0/],
      [{ again: { decay: 1.5 } }, /again\.decay is more than 1/],
      [{ placements: { attic: {} } }, /placements\.attic is unknown: there are home, product/],
      [{ placements: { home: 3 } }, /home is not an object/],
      [{ placements: { home: { tastes: 1 } } }, /placements: home\.tastes is unknown/],
      [{ placements: { home: { taste: -1 } } }, /placements: home\.taste is not a number/],
    ];
    for (const [value, message] of wrong) {
      assert.throws(() => parseSettings(value, 'here'), { code: 'bad_argument', message });
    }
  });

  test('a file that is no JSON is refused by its name', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'recommend.json'), '{');
    assert.throws(() => readSettings(folder), { code: 'bad_argument', message: /recommend\.json/ });
  });
});
