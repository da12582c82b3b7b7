import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { line, verdict } from '../../../server/doctor/finding.ts';
import {
  judgeAddon, judgeCompiler, judgeData, judgeGpu, judgeModels, judgeNode, judgeOnnx, judgePackages,
  judgePlatform, judgeTfjs, judgeTransport,
} from '../../../server/doctor/judge.ts';

const MACHINE = {
  nodeVersion: 'v22.3.0', platform: 'linux-x64', glibc: '2.36', cores: 2, gigabytes: 24,
};
const SKIPPED = [{ name: 'newer copy', why: 'needs glibc 2.38' }];
const GONE = { why: 'gone' };

suite('the doctor', () => {
  test('a part is one line, whatever its reason holds', () => {
    const finding = { part: 'tfjs', state: 'broken', what: 'no', why: 'one\n  two', fix: 'mend' } as const;

    assert.equal(line(finding), 'broken   tfjs           no; why: one two; fix: mend');
  });

  test('the server can serve unless a part is broken', () => {
    const missing = judgeGpu({ devices: [], driverLibrary: '' });
    const broken = judgePackages(['node_modules/lmdb']);

    assert.equal(missing.state, 'missing');
    assert.equal(verdict([missing]).code, 0);
    assert.equal(verdict([missing, broken]).code, 1);
    assert.match(verdict([missing, broken]).text, /cannot serve as it is set up: packages/);
  });

  test('the fallback transport is told of with its reason, and is a fault only where uws is asked for', () => {
    const none = { facts: { name: null, skipped: SKIPPED } };
    const some = { facts: { name: 'uWebSockets.js 20.30.0', skipped: SKIPPED } };

    assert.equal(judgeTransport('auto', some).state, 'ok');
    assert.match(judgeTransport('auto', some).what, /^uWebSockets.js 20.30.0, HTTP\/1.1 alone/);
    assert.match(line(judgeTransport('auto', none)), /^missing .* newer copy needs glibc 2\.38; fix: /);
    assert.equal(judgeTransport('uws', none).state, 'broken');
    assert.equal(judgeTransport('node', none).state, 'ok');
    assert.match(judgeTransport('auto', { why: 'SIGSEGV' }).why ?? '', /SIGSEGV/);
  });

  test('a compiler is needed where there is no addon', () => {
    const built = judgeAddon({ facts: { abi: 1, isas: ['avx2', 'scalar'] } });
    const absent = judgeAddon(GONE);

    assert.deepEqual([built.state, absent.state], ['ok', 'broken']);
    assert.equal(judgeCompiler(null, built).state, 'missing');
    assert.equal(judgeCompiler(null, absent).state, 'broken');
    assert.equal(judgeCompiler({ version: 'g++ 12' }, absent).state, 'ok');
  });

  test('a runtime is needed where a model of the repository runs on it', () => {
    assert.equal(judgeOnnx(GONE, true).state, 'broken');
    assert.equal(judgeOnnx(GONE, false).state, 'missing');
    assert.equal(judgeTfjs(GONE, true).state, 'broken');
    assert.equal(judgeTfjs({ facts: { version: '4', backends: ['cpu'] } }, true).state, 'missing');
    assert.equal(judgeOnnx({ facts: { version: '1', providers: ['cpu'] } }, true).state, 'ok');
  });

  test('each other part says what is wrong with it', () => {
    assert.equal(judgeNode(MACHINE, '').state, 'ok');
    assert.equal(judgeNode(MACHINE, 'too old').state, 'broken');
    assert.equal(judgePlatform(MACHINE).state, 'ok');
    assert.match(judgePlatform({ ...MACHINE, glibc: '' }).why ?? '', /glibc/);
    assert.equal(judgePackages(null).state, 'broken');
    assert.equal(judgePackages([]).state, 'ok');
    assert.match(judgeData('/shop', false, '', { facts: {} }).what, /first start/);
    assert.equal(judgeData('/shop', true, 'the disk is full', { facts: {} }).why, 'the disk is full');
    assert.equal(judgeData('/shop', true, '', GONE).state, 'broken');
    assert.equal(judgeModels('/models', GONE).state, 'broken');
    assert.equal(judgeModels('/models', { facts: [] }).state, 'missing');
    const bad = { name: 'mlp', platform: '', versions: [], why: 'no version folder' };
    assert.match(judgeModels('/models', { facts: [bad] }).why ?? '', /'mlp' is not served: no version/);
    const half = judgeGpu({ devices: ['H100'], driverLibrary: '' });
    assert.match(half.why ?? '', /libcuda/);
  });
});
