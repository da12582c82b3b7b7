import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-file.ts';

/** A file system of its own for the process that it becomes: 16 MiB in memory. */
const SMALL_DISK = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c',
  'mount -t tmpfs -o size=16m small "$0" && exec "$@"'] as const;
const LEFT = 1_048_576; // bytes that the ballast leaves
const EVENTS = 100; // of a call
const CALLS_MAX = 1000;

const folder = tempFolder();
const skip = canMount() ? false : 'needs Linux with user namespaces: a small disk is mounted';

suite('A server on a disk that is full', { skip }, () => {
  test('says so to who writes, answers who reads, and takes writes again when there is room', async (t) => {
    const settings = { TMPDIR: folder, VITRINE_MODEL_CONTROL: 'explicit' };
    const server = await startServer(
      join(folder, 'data'), undefined, 'auto', settings, [...SMALL_DISK, folder]);
    t.after(() => server.kill());
    const disk = `/proc/${server.pid}/root${folder}`;
    const post = async (path: string, body: object): Promise<[number, Record<string, unknown>]> => {
      const reply = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
      const text = await reply.text();
      return [reply.status, text === '' ? {} : JSON.parse(text) as Record<string, unknown>];
    };
    let calls = 0;
    const tell = (): Promise<[number, Record<string, unknown>]> => post('/v1/events', {
      events: Array.from({ length: EVENTS }, (_, i) =>
        ({ id: `${calls += 1}-${i}`, type: 'item_view', session: `s${i}`, items: ['a'] })),
    });
    assert.equal((await tell())[0], 200);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, 'ballast'), new Uint8Array(bavail * bsize - LEFT));

    let [status, told] = await tell();
    for (let call = 0; status === 200 && call < CALLS_MAX; call += 1) [status, told] = await tell();
    assert.deepEqual([status, told['code']], [500, 'storage']);
    const model = Buffer.alloc(2 * LEFT).toString('base64');
    [status, told] = await post('/v2/repository/models/new/load', {
      parameters: { config: '{"max_batch_size": 1}', 'file:1/model.onnx': model },
    });
    assert.equal(status, 500);
    assert.match(String(told['error']), /failed to load 'new'.*the disk is full/);
    [status, told] = await post('/v1/recommend', { session: 's1' });
    assert.deepEqual([status, (told['items'] as { item: string }[])[0]?.item], [200, 'a']);

    rmSync(join(disk, 'ballast'));
    assert.equal((await tell())[0], 200);
    assert.equal(await server.stop(), 0);
  });
});

function canMount(): boolean {
  const [command, ...args] = [...SMALL_DISK, folder, 'true'];
  return spawnSync(command as string, args).status === 0;
}
