import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { Log } from '../../../../server/core/log.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { loadItemVectors } from '../../../../server/storefront/item-vocabulary.ts';
import { openRetriever } from '../../../../server/storefront/retrieval/open.ts';
import { Candidates } from '../../../../server/storefront/retrieval/candidates.ts';
import { ItemVectorIndex } from '../../../../server/storefront/retrieval/sources/item-vectors.ts';
import { SimilarItems } from '../../../../server/storefront/retrieval/sources/similar-items.ts';
import { TasteSource } from '../../../../server/storefront/retrieval/sources/taste.ts';
import { chooseBlend } from '../../../../server/storefront/retrieval/tune/choose-blend.ts';
import { withPlainVectors } from '../../../support/plain-vector-index.ts';
import { makeEvent } from '../../../support/shop-events.ts';
import { tempFolder } from '../../../support/temp-file.ts';
import { writeEncoder } from '../../../support/write-encoder.ts';

const addon = withPlainVectors(loadAddon());
const IDS = ['a', 'b', 'c', 'd', 'e', 'gone'];
const ROWS = new Map([['e', 0], ['d', 1], ['c', 2], ['b', 3], ['a', 4]]); // 'gone' is not sold

suite('Learned vectors', () => {
  test('they are found by row, whatever the order of the vocabulary', () => {
    const { index, vectorOf } = opened('ip');
    assert.equal(index.size, 5);
    assert.deepEqual(index.vectorOf(4), vectorOf('a'));
    assert.deepEqual(index.vectorOf(0), vectorOf('e'));
    assert.equal(index.vectorOf(5), null);
  });

  test('taste is a softmax over inner products', () => {
    const { index, vectorOf } = opened('ip');
    const taste = vectorOf('c');
    const into = new Candidates(3);
    const source = new TasteSource(index, { temperature: 2 });
    source.find({ items: new Uint32Array(0), taste, k: 3 }, into);

    const logits = [...ROWS].map(([id, row]) => ({ row, logit: dot(taste, vectorOf(id)) / 2 }));
    const best = logits.sort((a, b) => b.logit - a.logit).slice(0, 3);
    const sum = best.reduce((total, { logit }) => total + Math.exp(logit), 0);
    assert.deepEqual([...into.rows], best.map(({ row }) => row));
    best.forEach(({ logit }, i) => {
      assert.ok(Math.abs((into.scores[i] as number) - Math.exp(logit) / sum) < 1e-5);
    });
  });

  test('a taste of another width, or of no numbers, is no taste', () => {
    const { index } = opened('ip');
    const source = new TasteSource(index, { temperature: 1 });
    const into = new Candidates(3);
    for (const taste of [new Float32Array(3), new Float32Array(8).fill(Number.NaN)]) {
      source.find({ items: new Uint32Array(0), taste, k: 3 }, into);
      assert.equal(into.count, 0);
    }
  });

  test('similar items do not hold the item itself, and are near to it', () => {
    const { index, vectorOf } = opened('cosine');
    const into = new Candidates(10);
    const source = new SimilarItems(index, { temperature: 0.1 });
    source.searchItems([{ row: 2, k: 10 }], 10);
    source.near(0, into);

    const norm = (id: string) => Math.sqrt(dot(vectorOf(id), vectorOf(id)));
    const cosine = (id: string) => dot(vectorOf('c'), vectorOf(id)) / norm('c') / norm(id);
    const others = [...ROWS.keys()].filter((id) => id !== 'c');
    others.sort((x, y) => cosine(y) - cosine(x));
    assert.deepEqual([...into.rows.subarray(0, into.count)], others.map((id) => ROWS.get(id)));
    assert.deepEqual([...into.because.subarray(0, into.count)], [2, 2, 2, 2]);
    source.searchItems([{ row: 99, k: 10 }], 10);
    source.near(0, into);
    assert.equal(into.count, 0);
  });

  test('a retriever uses them where the repository has them', async () => {
    const repository = tempFolder();
    writeEncoder(repository, IDS, new Prng(1));
    const store = new MemoryStore();
    for (const item of ROWS.keys()) await store.append([makeEvent({ session: item, item })]);
    const log = new Log('error');
    const retriever = openRetriever({ addon, store, repository, log });

    assert.ok(retriever.sources.includes('taste') && retriever.sources.includes('similar'));
    const taste = loadItemVectors(join(repository, 'session-encoder/1')).vectors.subarray(0, 8);
    const [first] = retriever.retrieve({ items: new Uint32Array(0), taste, k: 5 });
    assert.equal(first?.source, 'taste');
    assert.equal(retriever.similar(2, 3)[0]?.source, 'similar');
  });

  test('their say is not chosen unless their card says what they have not seen', async () => {
    const store = new MemoryStore();
    const prng = new Prng(8);
    const walks = Array.from({ length: 2000 }, (_, s) =>
      [0, 1, 2].map(() => makeEvent({ session: `s${s}`, item: prng.pick(IDS), atMs: s * 1e6 })));
    await store.append(walks.flat());
    const repository = tempFolder();
    writeEncoder(repository, IDS, prng, { held_out_share: 0.01 });
    const said: string[] = [];

    await chooseBlend(store, repository, (line) => said.push(line));

    assert.match(said.join('\n'), /session-encoder: its card has no held_out_share/);
    assert.match(said.join('\n'), /item-vectors: its card has no held_out_share/);
  });
});

function opened(metric: 'ip' | 'cosine') {
  const repository = tempFolder();
  const { vectors, dim } = writeEncoder(repository, IDS, new Prng(1));
  const learned = loadItemVectors(join(repository, 'item-vectors/1'));
  const index = new ItemVectorIndex(addon, learned, metric, (id) => ROWS.get(id));
  const vectorOf = (id: string): Float32Array => {
    const at = IDS.indexOf(id) * dim;
    return vectors.slice(at, at + dim);
  };
  return { index, vectorOf };
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
}
