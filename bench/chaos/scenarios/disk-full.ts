import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../machine.ts';
import { startServer } from '../../process.ts';
import { finding, type Scenario } from '../scenario.ts';

/** A file system of its own for the process that it becomes: 16 MiB in memory. */
const SMALL_DISK = ['--user', '--map-root-user', '--mount', 'sh', '-c',
  'mount -t tmpfs -o size=16m small "$0" && exec "$@"'] as const;
const LEFT = 1_048_576; // bytes that the ballast leaves
const EVENTS = 100; // of a call
const CALLS_MAX = 1000;

/** A server of its own on a disk of 16 MiB, which is filled. */
export const diskFull: Scenario = {
  name: 'disk full',
  expects: 'who writes is told so, who reads is answered, and writes are taken again when there is room',
  inside: true,
  unfit() {
    const { status } = spawnSync('unshare', [...SMALL_DISK, tmpdir(), 'true']);
    return status === 0 ? null : 'it mounts a small disk, which needs Linux with user namespaces';
  },
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-small-'));
    const main = join(ROOT, 'dist/server/main.js');
    const server = await startServer([...SMALL_DISK, folder, process.execPath, main], {
      PORT: '0', VITRINE_HOST: '127.0.0.1', VITRINE_DATA: join(folder, 'data'), VITRINE_DEMO: 'no',
      TMPDIR: folder, VITRINE_LOG: 'error',
    }, null, undefined, 'unshare');
    try {
      const disk = `/proc/${server.pid}/root${folder}`;
      let calls = 0;
      const tell = () => post(`http://127.0.0.1:${server.port}/v1/events`, {
        events: Array.from({ length: EVENTS }, (_, i) =>
          ({ id: `${calls += 1}-${i}`, type: 'item_view', session: `s${i}`, items: ['a'] })),
      });
      const before = await tell();
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, 'ballast'), new Uint8Array(bavail * bsize - LEFT));
      let told = await tell();
      for (let call = 0; told.status === 200 && call < CALLS_MAX; call += 1) told = await tell();
      const read = await post(`http://127.0.0.1:${server.port}/v1/recommend`, { session: 's1' });
      rmSync(join(disk, 'ballast'));
      const after = await tell();
      return finding([
        [before.status === 200, `before: ${before.status}`],
        [told.status === 500 && told.code === 'storage', `full: ${told.status} ${told.code} (${told.error})`],
        [read.status === 200, `who reads: ${read.status}`],
        [after.status === 200, `with room again: ${after.status}`],
      ]);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function post(url: string, body: object): Promise<{ status: number; code: string; error: string }> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const told = (await answer.json().catch(() => ({}))) as { code?: string; error?: string };
  return { status: answer.status, code: told.code ?? '', error: told.error ?? '' };
}
