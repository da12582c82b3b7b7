import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Mailbox, Outbox } from '../../../server/routes/outbox.ts';
import { ServerSocket } from '../../support/server-socket.ts';

function setup() {
  const soon: (() => void)[] = [];
  const later: (() => void)[] = [];
  const outbox = new Outbox((run) => soon.push(run), (run) => later.push(run));
  return { outbox, soon, later };
}

suite('Outbox', () => {
  test('a flood\'s replies wait for the end of the turn, but for those of a socket with a MiB of them', () => {
    const { outbox, soon, later } = setup();
    const [busy, calm] = [new ServerSocket(), new ServerSocket()];
    const [long, short] = [new Mailbox(busy), new Mailbox(calm)];
    outbox.patient = true;
    outbox.put(short, 'a');
    for (let i = 0; i < 16; i += 1) outbox.put(long, new Uint8Array(65_536));
    assert.deepEqual([soon.length, later.length], [0, 1]);

    outbox.put(long, 'one more');

    assert.deepEqual([soon.length, later.length], [1, 1]);
    soon[0]!();
    assert.deepEqual([busy.sent.length, calm.sent.length], [17, 1]);
    outbox.put(long, 'again'); // its MiB begins anew
    assert.equal(soon.length, 1);
    outbox.flush();
    assert.deepEqual([busy.sent.length, outbox.empty], [18, true]);
  });

  test('frames written in place and frames made elsewhere leave in order, one cork a socket', () => {
    const { outbox, later } = setup();
    const socket = new ServerSocket();
    const box = new Mailbox(socket);
    outbox.patient = true;
    for (const text of ['one', 'two']) {
      const at = outbox.reserve(box, text.length);
      outbox.bytes.set(Buffer.from(text), at);
    }
    outbox.put(box, 'three');

    later[0]!();

    assert.deepEqual(socket.sent.map(String), ['one', 'two', 'three']);
    assert.equal(socket.corks, 1);
  });
});
