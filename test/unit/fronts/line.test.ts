import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { ServeError } from '../../../server/core/errors.ts';
import { type Answering, Line } from '../../../server/fronts/line.ts';

function connect() {
  const { port1, port2 } = new MessageChannel();
  const failed: string[] = [];
  const posted: unknown[] = [];
  const post = port1.postMessage.bind(port1);
  port1.postMessage = (messages: unknown) => (posted.push(messages), post(messages));
  const here = new Line(port1);
  const there = new Line(port2, (what, error) => failed.push(`${what}: ${error.code}`));
  return { here, there, failed, posted, close: () => port1.close() };
}

suite('A line between two threads', () => {
  test('carries calls and their answers, those of a turn in one message', async () => {
    const { here, there, posted, close } = connect();
    there.take('double', (value: number, answer) => answer.done(value * 2));

    const answers = await Promise.all([1, 2, 3].map((value) => here.ask<number>('double', value)));

    assert.deepEqual(answers, [2, 4, 6]);
    assert.equal(posted.length, 1);
    close();
  });

  test('brings a failure as it was: its code, what it says, when to come again', async () => {
    const { here, there, failed, close } = connect();
    there.take('work', () => {
      throw new ServeError('overloaded', 'a queue', { retryAfterMs: 30 });
    });

    const error = await here.ask('work').catch((thrown: unknown) => thrown as ServeError);

    assert.ok(error instanceof ServeError);
    assert.deepEqual([error.code, error.detail, error.retryAfterMs], ['overloaded', 'a queue', 30]);
    assert.deepEqual(failed, ['work: overloaded']);
    close();
  });

  test('tells of a call that is given up, and pushes until it has ended', async () => {
    const { here, there, close } = connect();
    there.take('listen', (_: null, answer: Answering) => {
      answer.push('a');
      answer.push('b');
      return () => {
        answer.done('the end');
        answer.push('c');
      };
    });
    const pushed: string[] = [];
    const ended = await new Promise((resolve) => {
      const giveUp = here.call<string>('listen', null, {
        pushed: (what: string) => {
          pushed.push(what);
          if (what === 'b') giveUp();
        },
        settled: (_, value) => resolve(value),
      });
    });

    assert.deepEqual([ended, pushed], ['the end', ['a', 'b']]);
    close();
  });

  test('that closes answers what is owed, and gives up what it was asked', async () => {
    const { here, there, close } = connect();
    let given = 0;
    there.take('wait', () => () => (given += 1));
    const waiting = here.ask('wait');
    const tried = new Promise<void>((resolve) => there.hear('now', () => resolve()));
    here.tell('now', null);
    await tried;

    there.close();
    here.close();

    await assert.rejects(waiting, { code: 'draining' });
    assert.equal(given, 1);
    close();
  });
});
