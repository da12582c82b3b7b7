import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connect, float32Tensor } from '../../../server/client/client.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeNetwork } from '../../support/fake-socket.ts';

const MS = 1000; // microseconds

suite('the client: a streamed infer', () => {
  test('rows are told of once each, also where the request is sent again; one may fail', async () => {
    const clock = new FakeClock();
    const network = new FakeNetwork();
    const client = connect('ws://shop.test/ws', {
      WebSocket: network.WebSocket, clock, chance: () => 0.5,
    });
    network.last.open();
    const told: unknown[] = [];
    const inputs = [float32Tensor('x', [3, 1], Float32Array.of(1, 2, 3))];
    const done = client.inferRows({ model: 'm', inputs }, ({ row, answer, error }) =>
      told.push([row, answer?.model ?? error?.code]));
    const answer = { model: 'm', version: '1', outputs: [] };
    const part = (row: number, more: boolean, rest: object = answer): void =>
      network.last.reply({ id: 1, row, more, ...rest });

    part(1, true);
    network.last.lose();
    clock.advance(1000 * MS);
    network.last.open();
    part(0, true);
    part(1, true);
    part(2, false, { error: { code: 'backend', message: 'cut' } });

    await done;
    assert.deepEqual(told, [[1, 'm'], [0, 'm'], [2, 'backend']]);
  });
});
