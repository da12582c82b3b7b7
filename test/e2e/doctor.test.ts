import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { probe } from '../../server/doctor/probe.ts';
import { tempFolder } from '../support/temp-file.ts';

function doctor(...args: string[]) {
  return spawnSync(process.execPath, ['dist/server/cli.js', 'doctor', ...args], { encoding: 'utf8' });
}

suite('vitrine doctor', () => {
  test('ends with 0 where these tests run, and gives every part a line', () => {
    const { stdout, status } = doctor('--data', join(tempFolder(), 'shop'));

    const parts = stdout.split('\n').filter((text) => /^(ok|missing|broken) /.test(text));
    assert.equal(parts.length, 11, stdout);
    assert.match(stdout, /^ok +node +v\d+/m);
    assert.match(stdout, /^ok +native addon +ABI \d+, instruction sets .*scalar/m);
    assert.match(stdout, /^ok +data folder .*to be made at the first start/m);
    assert.match(stdout, /The server can serve\.\n$/);
    assert.equal(status, 0);
  });

  test('reports broken parts, each with its fix, and ends with 1', () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'store'));
    writeFileSync(join(folder, 'store/data.mdb'), 'no store '.repeat(2000));
    mkdirSync(join(folder, 'models/mlp'), { recursive: true });
    writeFileSync(join(folder, 'models/mlp/config.json'), '{"platform":');

    const { stdout, status, stderr } = doctor('--data', folder);

    assert.match(stdout, /^broken +data folder .*is not a file of this store.*; fix: /m);
    assert.match(stdout, /^missing +models .*'mlp' is not served: .*config\.json/m);
    assert.match(stdout, /The server cannot serve as it is set up: data folder\.\n$/);
    assert.equal(stderr, '');
    assert.equal(status, 1);
  });

  test('a part that ends the process that loads it is reported', async () => {
    const script = join(tempFolder(), 'crash.mjs');
    writeFileSync(script, "process.kill(process.pid, 'SIGBUS'); setInterval(() => {}, 1000);");

    assert.deepEqual(await probe('addon', [], script), {
      why: 'loading it ended the process with SIGBUS',
    });
  });
});
