import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { systemClock } from '../../../server/core/clock.ts';
import { Stages } from '../../../server/core/stages.ts';
import { Line } from '../../../server/fronts/line.ts';
import { RemoteDoor, takeWork } from '../../../server/fronts/remote-door.ts';
import { Caller } from '../../../server/routes/desk.ts';
import { DeskDoor } from '../../../server/routes/storefront-door.ts';
import { FakeStorefront } from '../../support/fake-storefront.ts';

suite('RemoteDoor', () => {
  test('brings what the time there went into, where that is asked for', async () => {
    const { port1, port2 } = new MessageChannel();
    const door = new RemoteDoor(new Line(port1));
    takeWork(new Line(port2), new DeskDoor(new FakeStorefront(), systemClock));
    const request = { id: 1, op: 'recommend', session: 's', k: 2, filter: {} } as const;

    const plain = await door.take(new Caller(), undefined, request).done;
    const stages = new Stages(systemClock);
    const timed = await door.take(new Caller(), undefined, request, stages).done;
    const endUs = systemClock.nowUs();

    assert.deepEqual(Object.keys(timed), Object.keys(plain));
    assert.deepEqual(stages.list.map(({ name }) => name), ['queue']);
    const [queue] = stages.list;
    assert.ok(queue!.startUs >= stages.fromUs && queue!.startUs <= queue!.endUs);
    assert.ok(queue!.endUs <= endUs);
    port1.close();
  });
});
