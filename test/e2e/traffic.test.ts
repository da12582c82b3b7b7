import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { tempFile, tempFolder } from '../support/temp-file.ts';

const CLI = fileURLToPath(new URL('../../server/cli.js', import.meta.url));
const PATIENT = ['--lag-us-max', '1e9', '--generator', 'node', '--connections', '3'];
const folder = tempFolder();

function vitrine(...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'bench', ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out: stdout + stderr }));
  });
}

suite('Visitors of a shop against a server', () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServer(join(folder, 'data'), undefined, 'auto');
  });
  after(() => server?.kill());

  test('simulated ones are answered, their events are taken', async () => {
    const json = join(folder, 'run.json');
    const { code, out } = await vitrine(
      'traffic', 'run', '-u', `ws://127.0.0.1:${server.port}`, '--traffic', 'yoochoose',
      '--rate', '150', '--seconds', '2', '-l', '60000', '--profile-export-file', json, ...PATIENT);
    assert.equal(code, 0, out);
    assert.match(out, /p99 <= 60000 ms: (not )?met/);
    const [, due, answered] = /event +(\d+) +(\d+)/.exec(out) ?? [];
    assert.ok(Number(due) > 50 && due === answered, out);
    assert.ok(readFileSync(json).length > 100);
  });

  test("a scenario of ETUDE's, and a replay, are asked by vitrine bench load", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `i${i} j${i} i${i + 1}`);
    const sessions = tempFile('sessions.txt', lines.join('\n'));
    for (const source of [['--scenario', 'groceries-small', '--rate', '60'], ['--replay', sessions, '--rate', '80']]) {
      const { code, out } = await vitrine(
        'load', '-u', `127.0.0.1:${server.port}`, ...source, '--seconds', '1', ...PATIENT);
      assert.equal(code, 0, out);
      assert.match(out, /kind +due +answered/);
    }
  });

  test('what cannot be asked is said in one line', async () => {
    for (const [args, why] of [
      [['load', '-u', 'x:1', '--scenario', 'bakery'], /no scenario 'bakery'; there are groceries-small/],
      [['traffic', 'show', '--traffic', 'no-file.json'], /no profile of traffic/],
      [['traffic', 'show', '--traffic', 'yoochoose', '--seconds', 'x'], /--seconds is a number, not 'x'/],
      [['traffic', 'show', '--traffic', 'yoochoose', '--sale', '1,2'], /AT,SECONDS,PEAK/],
      [['traffic', 'show'], /one of --traffic, --scenario and --replay/],
      [['traffic', 'fit', '--data', CLI, '--out', join(folder, 'p.json')], /no data set that can be read/],
      [['traffic', 'dance'], /no 'vitrine bench traffic dance'/],
    ] as const) {
      const { code, out } = await vitrine(...args);
      assert.notEqual(code, 0);
      assert.match(out, why);
      assert.doesNotMatch(out, /\n +at /, out);
    }
  });
});
