import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { checkWritable, fileTrouble } from '../../../server/core/file-trouble.ts';
import { temporaryFolder } from '../../support/model-repository.ts';

const thrown = (act: () => void): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
};

suite('trouble with files', () => {
  test('is told in one line, with the path', () => {
    const path = join(temporaryFolder(), 'nowhere', 'x.json');
    assert.equal(
      fileTrouble(thrown(() => writeFileSync(path, ''))), `'${path}': there is no such file or folder`);
    assert.equal(fileTrouble(thrown(() => readFileSync('/'))), 'it is a folder, not a file (read)');
    assert.equal(fileTrouble(new TypeError('a defect')), null);
  });

  test('is found before the work, and nothing is made', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    writeFileSync(file, '');

    checkWritable(join(folder, 'a', 'b'));

    assert.equal(existsSync(join(folder, 'a')), false);
    assert.match(fileTrouble(thrown(() => checkWritable(join(file, 'models')))) as string, /a file, not a folder/);
  });
});
