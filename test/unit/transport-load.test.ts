import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadTransport } from '../../server/transport/load.ts';
import type { Handler } from '../../server/transport/transport.ts';
import { bodyFate } from '../../server/transport/body.ts';
import { findUws } from '../../server/transport/uws-library.ts';

const handler: Handler = { http() {}, open() {}, message() {}, close() {} };
const limits = {
  bodyBytesMax: 1000,
  messageBytesMax: 1000,
  bufferedBytesMax: 1000,
  idleSecondsMax: 8,
};

suite('loadTransport', () => {
  test('takes the best transport that runs here and says why the better ones do not', async () => {
    const { found } = findUws();
    const { transport, skipped, fallback } = loadTransport('auto', handler, limits);

    assert.match(
      transport.name,
      found ? /^uWebSockets\.js 20\.\d+/ : /^ws 8\.\d+\.\d+ on node:http$/,
    );
    assert.equal(fallback, found === null);
    for (const { name, why } of skipped) assert.match(`${name}: ${why}`, /^[\w .-]+: [^\n]+$/);
    await transport.close();
  });

  test('takes ws on node:http when it is asked for', async () => {
    const { transport, skipped, fallback } = loadTransport('node', handler, limits);

    assert.match(transport.name, /^ws .* on node:http$/);
    assert.deepEqual([skipped, fallback], [[], false]);
    await transport.close();
  });

  test('says what to do when uWebSockets.js is asked for and no copy loads', async () => {
    if (findUws().found) return loadTransport('uws', handler, limits).transport.close();
    assert.throws(() => loadTransport('uws', handler, limits), {
      code: 'unsupported',
      message: /VITRINE_TRANSPORT=auto/,
    });
  });
});

suite('bodyFate', () => {
  test('a body at the limit is kept, one just over is read to its end, a huge one is cut', () => {
    assert.equal(bodyFate(0, 100, 100), 'keep');
    assert.equal(bodyFate(101, 0, 100), 'discard');
    assert.equal(bodyFate(0, 400, 100), 'discard');
    assert.equal(bodyFate(0, 401, 100), 'cut');
    assert.equal(bodyFate(1e12, 0, 100), 'cut');
  });
});
