import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LmdbStore, SCHEMA_VERSION } from '../../../server/store/lmdb-store.ts';
import { isAlive, thisProcess } from '../../../server/store/owner.ts';
import { damageOf } from '../../../server/store/page-check.ts';
import { makeEvent } from '../../support/shop-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrine-lmdb.')); // a dot, as `.vitrine` has one
after(() => rmSync(folder, { recursive: true }));
const child = fileURLToPath(new URL('../../support/fill-store.js', import.meta.url));

suite('LmdbStore on disk', () => {
  test('a store that is opened again knows its events, items, ids and notes', async () => {
    const path = join(folder, 'again');
    const sent = Array.from({ length: 600 }, (_, i) => makeEvent({ item: `item-${i % 7}` }));
    const first = LmdbStore.open(path);
    await first.append(sent);
    await first.putNote('a', [1, 2]);
    const items = [...first.items()];
    await first.close();

    const second = LmdbStore.open(path);
    const again = await second.append([sent[3]!, makeEvent({ item: 'new' }), sent[599]!]);

    assert.equal(again.duplicates, 2);
    assert.equal(second.eventCount, 601);
    assert.deepEqual([...second.events()].map(({ event }) => event).slice(0, 600), sent);
    assert.deepEqual([...second.items()].slice(0, 7), items);
    assert.equal(second.item('new')?.row, 7);
    assert.deepEqual(second.note('a'), [1, 2]);
    await second.close();
  });

  for (const count of [1, 2, 255, 256, 257]) {
    test(`a log of ${count} events goes on where it ended, however often it is opened`, async () => {
      const path = join(folder, `short-${count}`);
      const sent = Array.from({ length: count + 2 }, () => makeEvent());
      for (const events of [sent.slice(0, count), sent.slice(count, -1), sent.slice(-1)]) {
        const store = LmdbStore.open(path);
        await store.append(events);
        await store.close();
      }

      const store = LmdbStore.open(path);

      assert.equal(store.eventCount, count + 2);
      assert.deepEqual([...store.events()].map(({ event }) => event), sent);
      await store.close();
    });
  }

  test('a folder that is open already is refused, naming the process', async () => {
    const path = join(folder, 'held');
    const store = LmdbStore.open(path);

    const other = spawnSync(process.execPath, [child, path], { encoding: 'utf8' });

    assert.match(other.stdout, new RegExp(`storage .* open in process ${process.pid}: stop it`));
    assert.throws(() => LmdbStore.open(path), { code: 'storage' });
    await store.append([makeEvent()]); // the holder has not noticed
    await store.close();
    await LmdbStore.open(path).close();
  });

  test('a store whose process was killed can be opened', async () => {
    const path = join(folder, 'killed');

    const killed = spawnSync(process.execPath, [child, path, 'kill'], { encoding: 'utf8' });

    assert.equal(killed.signal, 'SIGKILL');
    const store = LmdbStore.open(path);
    assert.equal(store.eventCount, Number(killed.stdout.split(' ')[1]));
    await store.close();
  });

  test('a process is told from a later one with its number', () => {
    const self = thisProcess(folder);

    assert.equal(isAlive(self, self), true);
    assert.equal(isAlive({ ...self, pid: 2 ** 22 + 1 }, self), false);
    assert.equal(isAlive({ ...self, started: '1' }, self), process.platform !== 'linux');
    assert.equal(isAlive({ ...self, boot: 'another' }, self), false);
  });

  test('a copy of a folder that is open is nobody’s; the same folder under another name is held', async () => {
    const path = join(folder, 'original');
    const store = LmdbStore.open(path);
    await store.append([makeEvent()]);
    cpSync(path, join(folder, 'copy'), { recursive: true });
    symlinkSync(path, join(folder, 'alias'));

    const copy = LmdbStore.open(join(folder, 'copy'));
    assert.equal(copy.eventCount, 1);
    assert.throws(() => LmdbStore.open(join(folder, 'alias')), { code: 'storage', message: /is open in/ });
    await Promise.all([copy.close(), store.close()]);
  });

  test('a store that a newer build wrote is refused', async () => {
    const path = join(folder, 'newer');
    await LmdbStore.open(path, SCHEMA_VERSION + 1).close();

    assert.throws(() => LmdbStore.open(path), {
      code: 'storage',
      message: /has schema 3, this build reads up to 2: start a newer build/,
    });
  });

  test('more writes than may wait are refused, and those that wait are still done', async () => {
    const store = LmdbStore.open(join(folder, 'busy'));
    const many = Array.from({ length: 100_000 }, () => makeEvent());

    const taken = [store.append(many.slice(0, 50_000)), store.append(many), store.append(many)];
    const refused = store.append([makeEvent()]);

    await assert.rejects(refused, { code: 'overloaded', retryAfterMs: 1000 });
    const replies = await Promise.all(taken);
    assert.deepEqual(replies.map(({ accepted }) => accepted.length), [50_000, 50_000, 0]);
    await store.append([makeEvent()]);
    assert.equal(store.eventCount, 100_001);
    await store.close();
  });

  test('a folder that is none, and a file that is no store, are refused by name', () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'not a store');
    assert.throws(() => LmdbStore.open(path), { code: 'storage', message: /file/ });

    const foreign = mkdtempSync(join(folder, 'foreign-'));
    writeFileSync(join(foreign, 'data.mdb'), Buffer.alloc(65_536, 'not a store '));
    assert.throws(() => LmdbStore.open(foreign), { code: 'storage', message: /foreign/ });
  });

  suite('a damaged file', () => {
    const path = join(folder, 'damaged');
    const data = join(path, 'data.mdb');
    const setup = async (): Promise<Buffer> => {
      rmSync(path, { recursive: true, force: true });
      const store = LmdbStore.open(path);
      const events = Array.from({ length: 5000 }, (_, i) => makeEvent({ item: `item-${i}` }));
      await store.append(events);
      await store.close();
      return readFileSync(data);
    };
    const openAnyhow = async (): Promise<void> => {
      const store = LmdbStore.open(path);
      try {
        for (const { event } of store.events()) void event;
      } finally {
        await store.close();
      }
    };

    test('that was cut is refused, saying so and what helps', async () => {
      const whole = await setup();
      await openAnyhow();
      for (const bytes of [100, 5000, 8192, 12_288, 300_000, whole.length - 40_960]) {
        writeFileSync(data, whole.subarray(0, bytes));
        const message = bytes < 5000 ? /is not a file/ : /is cut short: of \d+ bytes there are \d+: bring back/;
        assert.throws(() => LmdbStore.open(path), { code: 'storage', message }, `${bytes} bytes`);
      }
    });

    test('with an event that is none fails with a typed error when it is read', async () => {
      const whole = await setup();
      whole.fill(0xc1, whole.indexOf('a-session') - 20, whole.indexOf('a-session') + 20);
      writeFileSync(data, whole);

      await assert.rejects(openAnyhow(), { code: 'storage', message: /damaged.*bring back a copy/ });
    });

    test('with a page that is none is refused, naming the place', async () => {
      const whole = await setup();
      const places = Array.from({ length: whole.length / 4096 }, (_, page) => 4096 * page);
      const trees = places.filter((at) => at >= 8192 && [1, 2].includes(whole.readUInt16LE(at + 18)));
      let refused = 0;
      for (const at of trees) {
        const bad = Buffer.from(whole);
        bad.fill(0xa5, at, at + 4096);
        writeFileSync(data, bad);
        if (/is damaged/.test(String(damageOf(data)))) refused += 1;
      }
      writeFileSync(data, whole);

      assert.equal(damageOf(data), null);
      assert.ok(refused > trees.length / 2, `${refused} of ${trees.length}`); // others are free pages
    });
  });

  test('a full disk refuses a whole call and keeps all that it acknowledged', () => {
    // A limit on file size stands in for the disk; with the signal ignored, writes fail instead.
    const path = join(folder, 'full');
    const shell = 'trap "" XFSZ; ulimit -f 2000; exec "$@"';
    const run = spawnSync('bash', ['-c', shell, 'bash', process.execPath, child, path], {
      encoding: 'utf8',
    });

    assert.match(run.stdout, /^storage [1-9]\d*000 .*full: (File too large|Input)/, run.stderr);
    const acknowledged = run.stdout.split(' ')[1];
    const store = LmdbStore.open(path);
    assert.equal(store.eventCount, Number(acknowledged));
    assert.equal([...store.events()].length, Number(acknowledged));
    return store.close();
  });
});
