import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { ServeError } from '../../../../server/core/errors.ts';
import { Log } from '../../../../server/core/log.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { ItemTexts } from '../../../../server/storefront/retrieval/live/item-texts.ts';
import { CatalogueEncoder } from '../../../../server/storefront/text/catalogue-encoder.ts';
import { TextCache } from '../../../../server/storefront/text/text-cache.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { goods } from '../../../support/live-shop.ts';
import { tempFolder } from '../../../support/temp-file.ts';

const log = new Log('error', () => {});
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
/** Lamps point one way and rugs another; what is `odd` has no vector. */
const vectorOf = (text: string): Float32Array | null =>
  (text.includes('odd') ? null : Float32Array.of(text.includes('lamp') ? 1 : 0, text.includes('rug') ? 1 : 0, 0.1));

async function setup(path = join(tempFolder(), 'texts.vectors'), fail: () => Error | null = () => null) {
  const store = new MemoryStore();
  const texts = new ItemTexts(loadAddon(), 5, 'encoder');
  store.onItems((items) => void texts.take(items));
  const asked: string[] = [];
  const clock = new FakeClock();
  const encode = async (some: readonly string[]) => {
    const error = fail();
    if (error) throw error;
    asked.push(...some);
    return some.map(vectorOf);
  };
  const cache = new TextCache(path, 'model-1', 3, log);
  const reader = new CatalogueEncoder(texts, { encode }, cache, clock, log);
  const put = async (...titles: string[]) => {
    await store.putItems(titles.map((title, i) => goods(`i${store.itemCount + i}`, { title })));
    await settled();
  };
  const near = (row: number) => texts.nearTo(row).map((other) => other.row);
  return { store, texts, asked, clock, reader, put, near, path, cache };
}

suite('the texts of a catalogue, read by an encoder', () => {
  test('are like by its vectors once they are read, and not before', async () => {
    const { put, near, texts, store, reader } = await setup();
    await put('floor lamp', 'grey rug', 'desk lamp', 'odd one');

    assert.deepEqual(near(0).slice(0, 1), [2]);
    assert.deepEqual(texts.near([3], 5), [[]], 'without a vector');
    await store.putItems([goods('i1', { title: 'lamp after all' })]);
    assert.ok(!near(0).includes(1), 'its new text waits');
    await settled();
    assert.deepEqual(near(0).slice(0, 2).sort(), [1, 2]);
    await store.removeItems(['i2']);
    assert.deepEqual(near(0).slice(0, 1), [1]);
    assert.deepEqual([reader.read, reader.failed], [5, 0]);
  });

  test('tell who places items by their texts, and give way where there are too many', async () => {
    const { put, texts } = await setup();
    const placed: number[] = [];
    texts.onPlaced = (rows) => placed.push(...rows);
    await put('lamp 0', 'lamp 1', 'lamp 2', 'lamp 3', 'lamp 4', 'lamp 5', 'lamp 6');

    assert.deepEqual(placed, [2, 3, 4, 5, 6]);
    assert.equal(texts.size, 5);
  });

  test('are told of together, once none waits', async () => {
    const texts = new ItemTexts(loadAddon(), 100, 'encoder');
    const told: (readonly number[])[] = [];
    texts.onPlaced = (rows) => told.push(rows);
    const store = new MemoryStore();
    store.onItems((items) => void texts.take(items));
    await store.putItems(Array.from({ length: 70 }, (_, i) => goods(`i${i}`, { title: i < 64 ? 'lamp' : 'odd' })));
    for (let some = texts.next(32); some.length > 0; some = texts.next(32)) {
      assert.deepEqual(told, []);
      texts.place(some.map(({ row, text }) => ({ row, text, vector: vectorOf(text) })));
    }

    assert.deepEqual(told, [Array.from({ length: 64 }, (_, i) => i)]);
  });

  test('are not read again by the next start, unless the model is another', async () => {
    const first = await setup();
    await first.put('floor lamp', 'grey rug');
    assert.equal(first.asked.length, 2);

    appendFileSync(first.path, 'a crash cut this short');
    const again = await setup(first.path);
    await again.put('floor lamp', 'grey rug', 'red rug');
    assert.deepEqual(again.asked, ['red rug']);
    assert.deepEqual(again.near(1).slice(0, 1), [2]);
    assert.equal(new TextCache(first.path, 'model-1', 3, log).size, 3);
    assert.equal(new TextCache(first.path, 'model-2', 3, log).size, 0);
    assert.match(readFileSync(first.path, 'utf8'), /^vitrine texts 1 model-2 3\n$/);
  });

  test('wait while the server is overloaded; where the model fails they have no vector, and others go on', async () => {
    const errors = [new ServeError('overloaded'), null, new ServeError('backend', 'NaN'), null];
    const { put, clock, reader, near, asked } = await setup(undefined, () => errors.shift() ?? null);
    await put('floor lamp', 'desk lamp');
    assert.deepEqual(asked, []);
    clock.advance(1_000_000);
    await settled();
    assert.deepEqual(near(0), [1]);

    await put('grey rug');
    assert.equal(reader.failed, 1);
    await put('wall lamp');
    assert.deepEqual(near(3).sort(), [0, 1]);
    reader.close();
    await put('late lamp');
    assert.equal(asked.length, 3);
  });

  test('a cache that cannot be written costs nothing else', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'is-a-folder'));
    writeFileSync(join(folder, 'file'), '');
    for (const path of [join(folder, 'is-a-folder'), join(folder, 'file', 'texts')]) {
      const { put, near } = await setup(path);
      await put('floor lamp', 'desk lamp');
      assert.deepEqual(near(0), [1]);
    }
  });
});
