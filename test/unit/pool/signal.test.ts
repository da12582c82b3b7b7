import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Caller, Listener, signalMemory } from '../../../server/pool/signal.ts';

function pair(stayMs?: number) {
  const memory = signalMemory();
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port2.unref();
  return { caller: new Caller(memory), listener: new Listener(memory, port2, stayMs), replies: port1 };
}

suite('A batch past the queue of its thread', () => {
  test('is taken by a thread that waits for one, and by no other', async () => {
    const { caller, listener, replies } = pair();

    assert.equal(caller.call(0), false, 'it has not come yet');
    const replied = once(replies, 'message');
    listener.reply(null);
    assert.equal(caller.call(0), true);
    assert.equal(caller.call(3), false, 'it has one');
    assert.equal(listener.next(), 0);
    listener.reply('a failure');
    assert.equal(caller.call(3), true);
    assert.equal(listener.next(), 3);

    assert.deepEqual(await replied, [null]);
    replies.close();
  });

  test('is not given to a thread that was told to go, or has waited long enough', () => {
    const { caller, listener, replies } = pair(0);

    listener.reply(null);
    caller.dismiss();
    assert.equal(listener.next(), -1);
    assert.equal(caller.call(1), false);
    listener.reply(null);
    assert.equal(listener.next(), -1, 'none came in time');
    assert.equal(caller.call(1), false);
    replies.close();
  });

  test('is not lost where it comes in the moment in which the thread would go', () => {
    const { caller, listener, replies } = pair(0);

    listener.reply(null);
    assert.equal(caller.call(7), true);
    caller.dismiss(); // too late: the batch goes first

    assert.equal(listener.next(), 7);
    replies.close();
  });
});
