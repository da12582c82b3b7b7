import assert from 'node:assert/strict';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite, test } from 'node:test';
import { run } from '../../../../server/store/import/command.ts';
import { LmdbStore } from '../../../../server/store/lmdb-store.ts';
import { tempFile, tempFolder } from '../../../support/temp-file.ts';

/** What a run of the command says and returns. */
async function say(t: { mock: typeof import('node:test').mock }, args: string[]) {
  const said: string[] = [];
  const listen = (line: string) => void said.push(line);
  const mocks = [t.mock.method(console, 'log', listen), t.mock.method(console, 'error', listen)];
  const code = await run(args);
  for (const mock of mocks) mock.mock.restore();
  return { code, said: said.join('\n') };
}

suite('vitrine import', () => {
  test('fills the store of the data folder and says what it took', async (t) => {
    const folder = tempFolder();
    const items = tempFile('items.csv', 'id,title\nlamp,A lamp\nrug,A rug\n');

    const { code, said } = await say(t, ['catalogue', '--file', items, '--data', folder]);

    assert.equal(code, 0, said);
    assert.match(said, /2 rows read: 0 new events, 0 known already, 2 items/);
    const store = LmdbStore.open(join(folder, 'store'));
    assert.equal(store.item('rug')?.title, 'A rug');
    assert.equal((store.note('import catalogue') as { items: number }).items, 2);
    await store.close();
  });

  test('a wrong row ends it with the line and the way on; the store is left whole', async (t) => {
    const folder = tempFolder();
    const items = tempFile('items.csv', 'id,price\nlamp,1\nrug,cheap\n');
    const args = ['catalogue', '--file', items, '--data', folder];

    const strict = await say(t, args);
    const lenient = await say(t, [...args, '--skip-bad']);

    assert.equal(strict.code, 1);
    assert.match(strict.said, /line 3, price: expected a number, got "cheap"\n--skip-bad/);
    assert.equal(lenient.code, 0);
    assert.match(lenient.said, /1 rows left out: bad/);
  });

  test('a file that is missing, cut or of another encoding is no matter of --skip-bad', async (t) => {
    const folder = tempFolder();
    const whole = gzipSync('id,title\n' + 'lamp,A lamp\n'.repeat(1000));
    const cut = tempFile('items.csv.gz', whole.subarray(0, 60), false);
    for (const file of ['/no/such/file.csv', cut]) {
      const { code, said } = await say(t, ['catalogue', '--file', file, '--data', folder]);
      assert.equal(code, 1);
      assert.doesNotMatch(said, /--skip-bad/);
    }
    const latin = tempFile('items.csv', Buffer.from('id,title\nlamp,A lamp\nrug,caf\xe9\n', 'latin1'));
    const args = ['catalogue', '--file', latin, '--data', folder];
    assert.match((await say(t, args)).said, /line 3: not UTF-8.*\n--skip-bad/);
    assert.match((await say(t, [...args, '--skip-bad'])).said, /1 rows left out: bad/);
  });

  test('the demo shop’s folder is refused: a folder is one shop', async (t) => {
    const folder = tempFolder();
    const store = LmdbStore.open(join(folder, 'store'));
    await store.putNote('demo', { seed: 1 });
    await store.close();
    const items = tempFile('items.csv', 'id,title\nlamp,A lamp\n');

    const { code, said } = await say(t, ['catalogue', '--file', items, '--data', folder]);

    assert.equal(code, 1);
    assert.match(said, /holds the demo shop, and a folder is one shop: name another with --data$/);
  });

  test('arguments that make no sense get the usage', async (t) => {
    const wrong = [
      [], ['tables'], ['events'], ['events', '--what'], ['events', 'b', '--file', 'x'],
    ];
    for (const args of wrong) {
      const { code, said } = await say(t, args);
      assert.equal(code, 2);
      assert.match(said, /vitrine import KIND/);
    }
  });
});
