import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../server/ann/binding.ts';
import { Log } from '../../../server/core/log.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { openShop } from '../../../server/storefront/open-shop.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeInference } from '../../support/fake-inference.ts';
import { FakeRetriever } from '../../support/fake-retriever.ts';
import { tempFolder } from '../../support/temp-file.ts';

async function open(repository: string, store = new MemoryStore()) {
  const inference = new FakeInference({
    'session-encoder': () => [float32Tensor('vector', [1, 1], Float32Array.of(3))],
    intent: () => [float32Tensor('probability', [1, 1], Float32Array.of(0.5))],
  });
  const retriever = new FakeRetriever(store);
  const shop = await openShop({
    addon: loadAddon(), store, retriever, inference, repository, clock: new FakeClock(), log: new Log('error'),
    sessionMinutesMax: 30,
  });
  return { shop, store, retriever };
}

function write(path: string, value: unknown): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
}

suite('openShop', () => {
  test('takes the encoder and the intent model that the repository has', async () => {
    const folder = tempFolder();
    write(join(folder, 'session-encoder/config.json'), { input: [{ name: 'items', dims: [5] }] });
    write(join(folder, 'session-encoder/1/items.txt'), 'lamp\n');
    write(join(folder, 'intent/config.json'), {});
    write(join(folder, 'intent/card.json'), { trainedOn: 'the simulator, seed 1' });

    const { shop, store, retriever } = await open(folder);
    await store.putItems([{ id: 'lamp', title: 'A lamp', categories: [], inStock: true }]);
    const reply = await shop.recommend({ items: ['lamp'], k: 1, filter: {} });
    const insight = await shop.insight({ session: 's' });

    assert.equal(reply.model?.name, 'session-encoder');
    assert.deepEqual(retriever.queries[0]?.taste, Float32Array.of(3));
    assert.equal(insight.intent?.trainedOn, 'the simulator, seed 1');
    assert.deepEqual(insight.degraded, []);
  });

  test('an intent that the demo shop’s model gives for another shop says so', async () => {
    const folder = tempFolder();
    write(join(folder, 'intent/config.json'), {});
    cpSync('models/repository/intent/card.json', join(folder, 'intent/card.json'));
    const demo = new MemoryStore();
    await demo.putNote('demo', { seed: 1 });

    const ofDemo = await (await open(folder, demo)).shop.insight({ session: 's' });
    const ofAnother = await (await open(folder)).shop.insight({ session: 's' });

    assert.deepEqual(ofDemo.degraded, []);
    assert.match(ofAnother.degraded.join(), /^intent: the model is another shop's, it learned from the demo/);
  });

  test('does without those that it has not', async () => {
    const { shop } = await open(tempFolder());

    assert.deepEqual((await shop.recommend({ k: 1, filter: {} })).degraded, []);
    await assert.rejects(shop.insight({ session: 's' }), { code: 'unknown_model' });
  });

  test('refuses a model whose card does not say what it was trained on', async () => {
    const folder = tempFolder();
    write(join(folder, 'intent/config.json'), {});
    write(join(folder, 'intent/card.json'), { date: '2026-11-23' });

    await assert.rejects(open(folder), { code: 'backend', message: /card.json does not say/ });
  });
});
