import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadAddon } from '../../server/ann/binding.ts';
import { tempFolder } from '../support/temp-file.ts';

interface Checks {
  nodeProblem(version: string): string;
  lostPackages(root: string): string[] | null;
  npmReason(said: string): string;
}
// Set-up runs before anything is built, so it is no TypeScript and stays where it is.
const { nodeProblem, lostPackages, npmReason } = (await import(
  pathToFileURL('server/setup-checks.mjs').href
)) as Checks;

suite('set-up', () => {
  test('takes the Node lines that are supported for years, and names them to the others', () => {
    for (const version of ['v20.11.0', 'v20.20.2', 'v22.0.0', 'v24.1.0', 'v26.0.0']) {
      assert.equal(nodeProblem(version), '', version);
    }
    for (const version of ['v12.0.0', 'v18.20.8', 'v20.10.0', 'v21.7.3', 'v23.1.0']) {
      assert.match(nodeProblem(version), /needs Node 20 .*22, 24 or newer; this is Node \d/, version);
    }
  });

  test('sees that an install was interrupted, or that a package is gone', () => {
    const root = tempFolder();
    assert.equal(lostPackages(root), null);

    const packages = { 'node_modules/a': {}, 'node_modules/b': {} };
    for (const name of Object.keys(packages)) {
      mkdirSync(join(root, name), { recursive: true });
      writeFileSync(join(root, name, 'package.json'), '{}');
    }
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
    assert.deepEqual(lostPackages(root), []);
    rmSync(join(root, 'node_modules/b'), { recursive: true });
    assert.deepEqual(lostPackages(root), ['node_modules/b']);
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages": {');
    assert.equal(lostPackages(root), null);
  });

  test('tells npm\'s reason without its stack', () => {
    const said = [
      'npm error code ECONNREFUSED', 'npm error errno ECONNREFUSED',
      'npm error FetchError: request to http://127.0.0.1:9/ws failed, reason: refused',
      'npm error     at emitErrorEvent (node:_http_client:101:11) {', 'npm error }', 'npm error',
      'npm error A complete log of this run can be found in: /tmp/log',
    ].join('\n');

    assert.equal(npmReason(said), 'npm: request to http://127.0.0.1:9/ws failed, reason: refused');
    const dns = 'npm error network request to http://r.invalid/ws failed, reason: ENOTFOUND\n' +
      'npm error network This is a problem related to network connectivity.\nnpm error network';
    assert.equal(npmReason(dns), 'npm: request to http://r.invalid/ws failed, reason: ENOTFOUND');
    assert.equal(npmReason('sh: npm: not found'), 'sh: npm: not found');
  });

  test('without a compiler, what to install is said once, and nothing else', () => {
    const out = join(tempFolder(), 'addon.node');
    const env = { PATH: '/nowhere' };
    const built = spawnSync(process.execPath, ['native/build.mjs', `--out=${out}`], { env, encoding: 'utf8' });

    assert.equal(built.status, 1);
    assert.match(built.stderr, /^Vitrine needs a C\+\+20 compiler[^]*apt-get install g\+\+/);
    assert.doesNotMatch(built.stderr, / at /);
    const env2 = { ...env, CXX: '/no/such/compiler' };
    const named = spawnSync(process.execPath, ['native/build.mjs', `--out=${out}`], { env: env2, encoding: 'utf8' });
    assert.match(named.stderr, /^CXX names '\/no\/such\/compiler', which does not run/);
  });
});

suite('loadAddon', () => {
  test('says why an addon cannot be used, and what to do', () => {
    const folder = tempFolder();
    const garbage = join(folder, 'garbage.node');
    writeFileSync(garbage, 'garbage '.repeat(100));

    assert.throws(() => loadAddon(join(folder, 'none.node')), {
      code: 'backend', message: /is missing: run 'npm run build'/,
    });
    assert.throws(() => loadAddon(garbage), {
      code: 'backend', message: /does not load \(.+\): delete the folder build/,
    });
  });
});
