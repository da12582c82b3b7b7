import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../server/ann/binding.ts';
import { ServeError } from '../../../server/core/errors.ts';
import { Log } from '../../../server/core/log.ts';
import { Prng } from '../../../server/core/prng.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { ArmEncoders } from '../../../server/storefront/arm-encoders.ts';
import { openShop } from '../../../server/storefront/open-shop.ts';
import { openRetriever } from '../../../server/storefront/retrieval/open.ts';
import type { ArmOverride, Trials } from '../../../server/storefront/trial.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeInference } from '../../support/fake-inference.ts';
import { goods } from '../../support/live-shop.ts';
import { tempFolder } from '../../support/temp-file.ts';
import { writeEncoder } from '../../support/write-encoder.ts';

const IDS = Array.from({ length: 40 }, (_, i) => `item-${i}`);
const log = new Log('error');

/** A shop with an encoder of its own, and two versions of another; `arm` is what each answer is made with. */
async function setup() {
  const repository = tempFolder();
  writeEncoder(repository, IDS, new Prng(1));
  const other = tempFolder();
  const { vectors, dim } = writeEncoder(other, IDS.slice(5), new Prng(2));
  const model = join(repository, 'wide');
  cpSync(join(other, 'session-encoder'), model, { recursive: true });
  cpSync(join(model, '1'), join(model, '2'), { recursive: true });
  writeFileSync(join(model, '2', 'item_vectors.f32'), new Float32Array(vectors).reverse());
  const store = new MemoryStore();
  await store.putItems(IDS.map((id) => goods(id)));
  const retriever = openRetriever({ addon: loadAddon(), store, repository, log });
  const encoders = new ArmEncoders(repository, (name, learned) => retriever.addEncoder(name, learned));
  const asked: string[] = [];
  const taste = new Prng(3).row(dim);
  const run = (model: string) => (request: { version?: string }) => {
    asked.push(`${model}/${request.version}`);
    return Promise.resolve([float32Tensor('vector', [1, dim], taste)]);
  };
  const inference = new FakeInference({ 'session-encoder': run('session-encoder'), wide: run('wide') });
  let arms: [ArmOverride, ArmOverride?] = [{}];
  const trials: Trials = {
    begin: () => ({
      overrides: arms, wanted: (k) => k, compose: ([list = []]) => list, tag: '', given: () => {}, arms: {},
    }),
    seen: () => {}, forget: () => {},
  };
  const clock = new FakeClock();
  const shop = await openShop({
    addon: loadAddon(), store, retriever, inference, repository, clock, log, sessionMinutesMax: 30,
    trials, encoders,
  });
  const recommend = async (...of: [ArmOverride, ArmOverride?]) => {
    arms = of;
    return shop.recommend({ items: ['item-9'], k: 6, filter: {} });
  };
  return { retriever, encoders, store, taste, dim, vectors, asked, recommend };
}

suite('session encoders of arms', () => {
  test("an arm's answers are made by its own encoder and the item vectors of that version", async () => {
    const { encoders, store, taste, dim, vectors, asked, recommend } = await setup();
    for (const name of ['wide/1', 'wide/2']) encoders.open(name);
    const only = { session_neighbours: 0, followed_by: 0, again: 0, similar: 0, popular: 0, taste: 1 };

    const own = await recommend({});
    const [first, second] = [
      await recommend({ encoder: 'wide/1', weights: only }), await recommend({ encoder: 'wide/2', weights: only })];

    assert.deepEqual(asked, ['session-encoder/1', 'wide/1', 'wide/2']);
    assert.deepEqual([own, first, second].map(({ model }) => `${model?.name}/${model?.version}`), asked);
    const best = (of: Float32Array) => IDS.slice(5)
      .map((id, i) => ({ id, score: taste.reduce((sum, value, d) => sum + value * of[i * dim + d]!, 0) }))
      .sort((a, b) => b.score - a.score).slice(0, 6).map(({ id }) => id);
    assert.deepEqual(first.items.map(({ item }) => item), best(vectors));
    assert.deepEqual(second.items.map(({ item }) => item), best(new Float32Array(vectors).reverse()));
    assert.ok(first.items.every(({ reason }) => reason.code === 'taste'));

    await store.removeItems([first.items[0]!.item]);
    const later = await recommend({ encoder: 'wide/1', weights: only });
    assert.deepEqual(later.items.slice(0, 5).map(({ item }) => item), first.items.slice(1).map(({ item }) => item));
  });

  test('the addon and its oracle agree on a batch of queries of both encoders', async () => {
    const { retriever, encoders, taste } = await setup();
    encoders.open('wide');
    const queries = [0, 1, 2, 3].map((i) => ({
      items: Uint32Array.of(i), k: 10, taste, ...(i % 2 === 1 && { encoder: 'wide' }),
    }));

    const plain = retriever.retrieveAll(queries);
    const apart = await retriever.retrieveApart(queries);

    assert.deepEqual(apart.map((list) => list.map(({ row }) => row)), plain.map((list) => list.map(({ row }) => row)));
    assert.notDeepEqual(plain[0]!.map(({ row }) => row), plain[1]!.map(({ row }) => row));
  });

  test('what is not there is told with what is; an arm whose encoder fails says so and answers', async () => {
    const { encoders, recommend } = await setup();

    assert.throws(() => encoders.open('narrow'),
      (error) => error instanceof ServeError && error.code === 'bad_argument' &&
        /there is no session encoder 'narrow' .*there are session-encoder\/1, wide\/1, wide\/2/.test(error.message));
    assert.throws(() => encoders.open('wide/3'), /there is no session encoder 'wide\/3'/);
    assert.throws(() => encoders.open('../wide'), /no MODEL or MODEL\/VERSION/);
    assert.throws(() => encoders.open('item-vectors'), /there is no session encoder/);
    const { items, model } = await recommend({ encoder: 'wide' }); // that nobody has opened
    assert.equal(items.length, 6);
    assert.equal(model, undefined);
  });
});
