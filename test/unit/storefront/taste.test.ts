import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { ItemVocabulary } from '../../../server/storefront/item-vocabulary.ts';
import { encoderInput, openEncoder, Taste } from '../../../server/storefront/taste.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeInference } from '../../support/fake-inference.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrine-taste-'));
after(() => rmSync(root, { recursive: true }));
const vocabulary = new ItemVocabulary(['a', 'b', 'c', 'd']);
const encoder = { model: 'session-encoder', version: '3', length: 3, vocabulary };

suite('Taste', () => {
  test('the encoder is given the newest items that it knows, padded with zeros', () => {
    assert.deepEqual(encoderInput(['b'], vocabulary, 3), Int32Array.of(2, 0, 0));
    assert.deepEqual(encoderInput(['x', 'a', 'y', 'b'], vocabulary, 3), Int32Array.of(1, 2, 0));
    assert.deepEqual(encoderInput(['a', 'b', 'c', 'd'], vocabulary, 3), Int32Array.of(2, 3, 4));
    assert.equal(encoderInput(['x'], vocabulary, 3), null);
    assert.equal(encoderInput([], vocabulary, 3), null);
  });

  test('a session becomes a vector, by the version whose vocabulary it was', async () => {
    const vector = Float32Array.of(0.5, -1);
    const inference = new FakeInference({
      'session-encoder': () => [float32Tensor('vector', [1, 2], vector)],
    });
    const taste = new Taste(inference, new FakeClock(), encoder);

    const tasted = await taste.of(['a', 'c'], 40, 3);

    assert.deepEqual(tasted?.vector, vector);
    assert.equal(tasted?.model.version, '3');
    const [request] = inference.requests;
    assert.deepEqual(request?.inputs[0]?.shape, [1, 3]);
    assert.deepEqual([...new Int32Array(request!.inputs[0]!.data.buffer)], [1, 3, 0]);
    assert.equal(request?.deadlineMs, 40);
    assert.equal(request?.priority, 3);
  });

  test('an encoder that does not answer in time is given up', async () => {
    const clock = new FakeClock();
    const inference = new FakeInference({ 'session-encoder': () => new Promise(() => {}) });
    const taste = new Taste(inference, clock, encoder).of(['a'], 40);

    clock.advance(40_000);

    await assert.rejects(taste, { code: 'deadline' });
  });

  test('what the model says is wrong is passed on', async () => {
    const full = new FakeInference({
      'session-encoder': () => Promise.reject(new ServeError('overloaded')),
    });
    const silent = new FakeInference({ 'session-encoder': () => [] });

    await assert.rejects(new Taste(full, new FakeClock(), encoder).of(['a'], 40), {
      code: 'overloaded',
    });
    await assert.rejects(new Taste(silent, new FakeClock(), encoder).of(['a'], 40), {
      code: 'backend',
    });
  });

  test('a repository’s encoder is its newest version, and need not be there', () => {
    const config = { input: [{ name: 'items', data_type: 'TYPE_INT32', dims: [20] }] };
    for (const version of ['2', '10']) {
      mkdirSync(join(root, 'session-encoder', version), { recursive: true });
      writeFileSync(join(root, 'session-encoder', version, 'items.txt'), `v${version}\n`);
    }
    writeFileSync(join(root, 'session-encoder', 'config.json'), JSON.stringify(config));

    const found = openEncoder(root);

    assert.equal(found?.version, '10');
    assert.equal(found?.length, 20);
    assert.equal(found?.vocabulary.numberOf('v10'), 1);
    assert.equal(openEncoder(join(root, 'nowhere')), null);
  });
});
