import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../server/ann/binding.ts';
import { FAILURES } from '../../server/core/errors.ts';

suite('The native addon', () => {
  const addon = loadAddon();

  test('its failure codes are among those a caller can be told', () => {
    assert.ok(addon.failureCodes.length > 0);
    for (const code of addon.failureCodes) assert.ok(code in FAILURES, code);
  });

  test('it names the instruction sets this machine runs, the plain one last', () => {
    assert.equal(addon.isas().at(-1), 'scalar');
  });
});
