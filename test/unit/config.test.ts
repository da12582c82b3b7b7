import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { readConfig, SETTINGS, settingsTable, wantsDemo } from '../../server/config.ts';

suite('readConfig', () => {
  test('an empty environment gives every default', () => {
    const config = readConfig({});

    for (const [name, setting] of Object.entries(SETTINGS)) {
      assert.equal(config[name as keyof typeof config], setting.value);
    }
  });

  test('a variable that is set wins, an empty one does not', () => {
    assert.equal(readConfig({ PORT: '0' }).port, 0);
    assert.equal(readConfig({ PORT: '' }).port, 8080);
  });

  test('a wrong value names the variable and what it may hold', () => {
    const wrong = { code: 'bad_argument' };
    assert.throws(() => readConfig({ PORT: '80a' }), { ...wrong, message: /PORT='80a'.*0\.\.65535/ });
    assert.throws(() => readConfig({ PORT: '65536' }), wrong);
    assert.throws(() => readConfig({ VITRINE_TRANSPORT: 'tcp' }), { ...wrong, message: /auto, uws, node/ });
  });

  test('the demo shop is made in the default folder, elsewhere only when asked for', () => {
    assert.equal(wantsDemo(readConfig({})), true);
    assert.equal(wantsDemo(readConfig({ VITRINE_DATA: 'TYPO' })), false);
    assert.equal(wantsDemo(readConfig({ VITRINE_DATA: 'TYPO', VITRINE_DEMO: 'yes' })), true);
    assert.equal(wantsDemo(readConfig({ VITRINE_DEMO: 'no' })), false);
  });

  test('the table has a row for each setting', () => {
    assert.equal(settingsTable().split('\n').length, Object.keys(SETTINGS).length + 2);
    assert.ok(readFileSync('README.md', 'utf8').includes(settingsTable()), 'README.md has another');
  });
});
