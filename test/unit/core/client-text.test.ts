import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { clientMessage, withoutFolders } from '../../../server/core/client-text.ts';
import { ServeError } from '../../../server/core/errors.ts';

suite('what clients are told of files', () => {
  for (const [text, want] of [
    ['/srv/models/m/1/model.onnx: no such file', '1/model.onnx: no such file'],
    ['cannot read "/var/lib/store" now', 'cannot read "lib/store" now'],
    ["open '/var/lib/store/data.mdb', twice (/var/lib/x)", "open 'store/data.mdb', twice (lib/x)"],
    ['C:\\models\\m\\1\\model.onnx failed', '1/model.onnx failed'],
    ['see http://127.0.0.1:80/a/b/c', 'see http://127.0.0.1:80/a/b/c'],
    ['.vitrine/store is locked', '.vitrine/store is locked'],
    ['1/2 of rows, and/or none', '1/2 of rows, and/or none'],
    ['/tmp', '/tmp'],
  ] as const) {
    test(text, () => assert.equal(withoutFolders(text), want));
  }

  test('of failures of files alone: a caller gets its own text back as it was', () => {
    const path = '/a/b/c';
    assert.ok(!clientMessage(new ServeError('storage', path)).includes('/a/'));
    assert.ok(!clientMessage(new ServeError('model_not_ready', path)).includes('/a/'));
    assert.ok(clientMessage(new ServeError('bad_argument', path)).includes(path));
    assert.ok(clientMessage(new ServeError('unknown_path', path)).includes(path));
  });
});
