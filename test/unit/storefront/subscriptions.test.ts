import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { Subscriptions } from '../../../server/storefront/subscriptions.ts';
import type { Push, RecommendReply } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const RUN_US = 5000;
const request = { session: 's', k: 3, filter: {} };

/** Computations take `RUN_US` on the fake clock; `settle` lets what was resolved be seen. */
function setup(subscriptionsMax = 10) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  let started = 0;
  let running = 0;
  let runningMost = 0;
  let failing = false;
  const recommend = () => {
    const number = ++started;
    runningMost = Math.max(runningMost, ++running);
    return new Promise<RecommendReply>((resolve, reject) => {
      clock.after(RUN_US, () => {
        running -= 1;
        if (failing) reject(new Error('no answer'));
        else resolve({ attribution: String(number), items: [], degraded: [] });
      });
    });
  };
  const log = new Log('debug', (line) => warnings.push(line));
  const subscriptions = new Subscriptions(recommend, log, subscriptionsMax);
  const advance = async (us: number) => {
    clock.advance(us);
    await new Promise(setImmediate);
  };
  return {
    subscriptions, warnings, advance,
    fail: (is: boolean) => void (failing = is),
    counts: () => ({ started, runningMost }),
  };
}

suite('Subscriptions', () => {
  test('events that come during a computation are answered together by the next', async () => {
    const { subscriptions, advance, counts } = setup();
    const pushes: Push[] = [];
    subscriptions.add(request, (push) => pushes.push(push));

    for (let i = 0; i < 50; i++) {
      subscriptions.touch('s');
      await advance(100); // fifty events in the time of one computation
    }
    await advance(RUN_US);
    await advance(RUN_US);

    assert.equal(counts().runningMost, 1);
    assert.equal(counts().started, 2);
    assert.deepEqual(pushes.map((push) => push.sequence), [1, 2]);
    assert.equal(pushes[1]?.reply.attribution, '2');
    assert.equal(pushes[0]?.session, 's');
  });

  test('each subscriber counts its own pushes and hears of its own session', async () => {
    const { subscriptions, advance } = setup();
    const seen: string[] = [];
    const add = (session: string, name: string) =>
      subscriptions.add({ ...request, session }, (push) => seen.push(name + push.sequence));
    add('s', 'a');
    add('other', 'x');

    subscriptions.touch('s');
    await advance(RUN_US);
    add('s', 'b');
    subscriptions.touch('s');
    await advance(RUN_US);

    assert.deepEqual(seen, ['a1', 'a2', 'b1']);
  });

  test('nothing is pushed once it is cancelled, not even what was being computed', async () => {
    const { subscriptions, advance } = setup();
    const pushes: Push[] = [];
    const cancel = subscriptions.add(request, (push) => pushes.push(push));

    subscriptions.touch('s');
    cancel();
    cancel();
    await advance(RUN_US);
    subscriptions.touch('s');
    await advance(RUN_US);

    assert.deepEqual(pushes, []);
    assert.equal(subscriptions.count, 0);
  });

  test('a computation that fails is logged, and the next event is answered again', async () => {
    const { subscriptions, advance, warnings, fail } = setup();
    const pushes: Push[] = [];
    subscriptions.add(request, (push) => pushes.push(push));

    fail(true);
    subscriptions.touch('s');
    await advance(RUN_US);
    fail(false);
    subscriptions.touch('s');
    await advance(RUN_US);

    assert.match(warnings[0] ?? '', /no answer/);
    assert.deepEqual(pushes.map((push) => push.sequence), [1]);
  });

  test('one too many is refused', () => {
    const { subscriptions } = setup(1);
    subscriptions.add(request, () => {});

    assert.throws(() => subscriptions.add(request, () => {}), { code: 'overloaded' });
  });
});
