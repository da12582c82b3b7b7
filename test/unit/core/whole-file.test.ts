import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { putInPlace, writeWhole } from '../../../server/core/whole-file.ts';
import { temporaryFolder } from '../../support/model-repository.ts';

suite('Files that are there in full', () => {
  test('a file takes the place of the former, and leaves nothing beside it', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'new/a.json');

    writeWhole(path, 'one');
    writeWhole(path, 'two');

    assert.equal(readFileSync(path, 'utf8'), 'two');
    assert.deepEqual(readdirSync(join(folder, 'new')), ['a.json']);
  });

  test('where the disk is full the former file stays as it was', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.json');
    writeWhole(path, 'one');
    symlinkSync('/dev/full', `${path}.part-${process.pid}`);

    assert.throws(() => writeWhole(path, 'two'), { code: 'ENOSPC' });

    assert.equal(readFileSync(path, 'utf8'), 'one');
    assert.deepEqual(readdirSync(folder), ['a.json']);
  });

  test('a folder is put in place with all that is in it', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, '.part/1'), { recursive: true });
    writeFileSync(join(folder, '.part/1/model'), 'weights');

    putInPlace(join(folder, '.part'), join(folder, 'm'));

    assert.equal(readFileSync(join(folder, 'm/1/model'), 'utf8'), 'weights');
    assert.deepEqual(readdirSync(folder), ['m']);
  });
});
