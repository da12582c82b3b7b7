import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { loadItemVectors, loadVocabulary } from '../../../server/storefront/item-vocabulary.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrine-vocabulary-'));
after(() => rmSync(root, { recursive: true }));

function folder(items: string, vectors?: Float32Array): string {
  const path = mkdtempSync(join(root, 'version-'));
  writeFileSync(join(path, 'items.txt'), items);
  if (vectors) writeFileSync(join(path, 'item_vectors.f32'), new Uint8Array(vectors.buffer));
  return path;
}

suite('Item vocabulary', () => {
  test('line n is vocabulary number n, and 0 is every item that is not there', () => {
    const vocabulary = loadVocabulary(folder('lamp\n椅子\nan item, with a comma\n'));

    assert.equal(vocabulary.size, 3);
    assert.equal(vocabulary.numberOf('lamp'), 1);
    assert.equal(vocabulary.numberOf('an item, with a comma'), 3);
    assert.equal(vocabulary.numberOf('sofa'), 0);
    assert.equal(vocabulary.idOf(2), '椅子');
    assert.equal(vocabulary.idOf(0), undefined);
    assert.equal(vocabulary.idOf(4), undefined);
  });

  test('vectors lie in the order of the lines', () => {
    const { dim, vectors } = loadItemVectors(folder('a\nb', Float32Array.of(1, 2, 3, 4, 5, 6)));

    assert.equal(dim, 3);
    assert.deepEqual([...vectors.subarray(3)], [4, 5, 6]);
  });

  test('files that are missing, empty or do not fit are refused by name', () => {
    assert.throws(() => loadVocabulary(join(root, 'none')), { code: 'backend', message: /items/ });
    assert.throws(() => loadVocabulary(folder('')), { code: 'backend', message: /no items/ });
    assert.throws(() => loadVocabulary(folder('a\na\n')), { code: 'backend', message: /twice/ });
    assert.throws(() => loadItemVectors(folder('a\nb', Float32Array.of(1, 2, 3))), {
      code: 'backend',
      message: /12 bytes for 2 items/,
    });
  });
});
