import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import type { StoredItem } from '../../../../server/store/store.ts';
import { Candidates } from '../../../../server/storefront/retrieval/candidates.ts';
import { ItemTexts } from '../../../../server/storefront/retrieval/live/item-texts.ts';
import { Content } from '../../../../server/storefront/retrieval/sources/content.ts';
import { textVector } from '../../../../server/storefront/retrieval/sources/text-vector.ts';
import { goods, LEARNED, openLiveShop } from '../../../support/live-shop.ts';

const addon = loadAddon();

suite('Text as a vector', () => {
  test('is of length 1, and like for inflected, misspelt and reordered words of any language', () => {
    const pairs = [
      ['Ceramic coffee mugs, blue', 'blue ceramics mug for coffee', 'Leather walking boots'],
      ['Kaffeebecher aus Keramik', 'Keramikbecher für Kaffee', 'Wanderschuhe aus Leder'],
      ['蓝色陶瓷咖啡杯', '陶瓷咖啡杯 白色', '真皮登山靴'],
      ['керамическая кружка', 'кружки керамические', 'кожаные ботинки'],
      ['コーヒーカップ 青', '青いコーヒーカップ', '革の登山靴'],
    ] as const;
    for (const [one, like, unlike] of pairs) {
      assert.ok(Math.abs(cosine(one, one) - 1) < 1e-6);
      assert.ok(cosine(one, like) > 0.4, `${one} / ${like}: ${cosine(one, like)}`);
      assert.ok(cosine(one, like) > cosine(one, unlike) + 0.2, `${one} / ${unlike}`);
    }
  });

  test('does not mind case, width and punctuation; what has no letter is no text', () => {
    assert.deepEqual(textVector('Ｍｕｇ — BLUE!'), textVector('mug, blue'));
    assert.equal(textVector(' —  !'), null);
  });
});

suite('Texts of a catalogue', () => {
  test('are compared as they are now: put, changed, removed', () => {
    const texts = new ItemTexts(addon);
    texts.take([item(0, 'red wool scarf'), item(1, 'woollen scarf, red'), item(2, 'steel pan')]);
    assert.deepEqual(near(texts, 0), [1]);

    assert.deepEqual(texts.take([item(0, 'red wool scarf'), item(2, 'scarf of red wool')]), [2]);
    assert.deepEqual(near(texts, 0).sort(), [1, 2]);

    texts.take([{ ...item(1, 'woollen scarf, red'), removed: true }]);
    assert.deepEqual(near(texts, 0), [2]);
    assert.deepEqual(near(texts, 1), []);
  });

  test('the shop\'s own attributes count, an id alone does not', () => {
    const texts = new ItemTexts(addon);
    texts.take([
      { ...item(0, 'item-0'), attributes: { description: 'a red wool scarf' } }, item(1, 'wool scarf'),
      item(2, 'item-2'), item(3, 'item-3'),
    ]);
    assert.deepEqual([near(texts, 0), near(texts, 2), texts.size], [[1], [], 2]);
  });

  test('there is a most of them: the first to come give way', () => {
    const texts = new ItemTexts(addon, 10);
    texts.take(Array.from({ length: 25 }, (_, row) => item(row, 'wool scarf')));
    assert.equal(texts.size, 10);
    assert.deepEqual([texts.has(14), texts.has(15)], [false, true]);
    texts.take([item(30, 'wool scarf')]);
    assert.deepEqual([texts.has(15), texts.has(30), texts.size], [false, true, 10]);
  });

  test('as a source they give shares of what may be shown, because of the last item', () => {
    const texts = new ItemTexts(addon);
    const titles = ['red wool scarf', 'red wool scarf, long', 'red scarf', 'wool scarf'];
    texts.take(titles.map((title, row) => item(row, title)));
    const found = new Candidates(200);
    const query = { items: Uint32Array.of(7, 0), k: 5, allow: Uint32Array.of(0b0111), hidden: Uint32Array.of(2) };
    new Content(texts, { temperature: 0.1 }).find(query, found);
    assert.deepEqual([found.count, found.rows[0], found.because[0], found.scores[0]], [1, 1, 0, 1]);
  });
});

suite('A new item with nothing but a text', () => {
  test('lies among the learned items with a like text, until it is visited', async () => {
    const { shop, similar } = await openLiveShop();
    const [first, second] = LEARNED as [string, string];
    const titled = (id: string, title: string) => goods(id, { title });
    await shop.catalogue({ put: [titled(first, 'Blue ceramic mug'), titled(second, 'Leather boots')], remove: [] });

    await shop.catalogue({ put: [titled('new', 'A mug of ceramics, blue')], remove: [] });

    const found = (await similar(first, 12)).find(({ item: id }) => id === 'new');
    assert.equal(found?.reason.cold, 'text');
    assert.ok(found.score > 0.999, 'one learned item has a like text');
    assert.equal((await similar('new'))[0]?.item, first);
  });

  test('is found where nothing was learned at all', async () => {
    const texts = new ItemTexts(addon);
    const { shop, similar } = await openLiveShop();
    assert.equal(texts.size, 0);
    await shop.catalogue({
      put: [goods('one', { title: 'Garden hose, 20 m' }), goods('two', { title: 'Hose for gardens' })], remove: [],
    });
    const found = (await similar('two')).find(({ item: id }) => id === 'one');
    assert.equal(found?.reason.code, 'content');
    assert.equal(found.reason.because, 'two');
  });
});

function cosine(one: string, other: string): number {
  const [a, b] = [textVector(one)!, textVector(other)!];
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

function item(row: number, title: string): StoredItem {
  return { id: `item-${row}`, title, categories: [], inStock: true, row, declared: true, removed: false };
}

/** Rows that are much like one. */
function near(texts: ItemTexts, row: number): number[] {
  return texts.nearTo(row).filter(({ likeness }) => likeness > 0.4).map((other) => other.row);
}
