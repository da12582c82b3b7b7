import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connect } from '../../../server/client/client.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeNetwork } from '../../support/fake-socket.ts';

function setup() {
  const network = new FakeNetwork();
  const { WebSocket } = network;
  return { network, client: connect('ws://shop.test/ws', { WebSocket, clock: new FakeClock(), chance: () => 0.5 }) };
}

suite('the client: explanations', () => {
  test('an explanation is asked for in the wire’s names; contributions keep theirs', async () => {
    const { network, client } = setup();
    network.last.open();
    const why = client.explain({
      model: 'm', features: { at_ms: 1, b: null }, method: 'counterfactual', goal: { atLeast: 0.5 }, changesMax: 2,
    });

    const { id, ...sent } = network.last.sent[0] ?? {};
    assert.deepEqual(sent, {
      op: 'explain', model: 'm', features: { at_ms: 1, b: null }, method: 'counterfactual',
      goal: { at_least: 0.5 }, changes_max: 2,
    });
    network.last.reply({ id, method: 'lime', value: 1, contributions: { at_ms: 0.5 }, timing: { run_us: 3 } });
    const { contributions, timing } = await why;
    assert.deepEqual([contributions, timing?.runUs], [{ at_ms: 0.5 }, 3]);
    client.close();
  });
});
