import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Alerts, type AlertMessage } from '../../../server/watch/alerts.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

function alerts(fail: () => boolean = () => false) {
  const clock = new FakeClock();
  const taken: AlertMessage[] = [];
  const made = new Alerts({
    clock, log: silentLog,
    send: async (message) => {
      if (fail()) throw new Error('no');
      taken.push(message);
    },
  });
  const look = (firing: boolean, alert = 'drift'): void =>
    made.report({ alert, model: 'intent', firing, text: 'text', values: { x: 1 } });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { alerts: made, clock, taken, look, settled };
}

suite('alerts', () => {
  test('fire after two looks in a row, once, and tell when they are over', async () => {
    const { alerts: made, look, taken, settled } = alerts();
    for (const firing of [true, false, true, true, true, false, true, false, false]) look(firing);
    await settled();
    assert.deepEqual(taken.map(({ state }) => state), ['firing', 'resolved']);
    assert.deepEqual(made.firing, []);
  });

  test('what the receiver does not take is tried again, later each time, in order', async () => {
    let down = true;
    const { alerts: made, look, taken, settled, clock } = alerts(() => down);
    look(true);
    look(true);
    look(true, 'ranking');
    look(true, 'ranking');
    await settled();
    clock.advance(1e6);
    await settled();
    assert.equal(made.counts.failed, 2);
    down = false;
    clock.advance(4e6);
    await settled();
    assert.deepEqual(taken, []);
    clock.advance(1e6);
    await settled();
    assert.deepEqual(taken.map(({ alert }) => alert), ['drift', 'ranking']);
  });

  test('at the end each is tried once more, and what is lost is counted', async () => {
    const { alerts: made, look } = alerts(() => true);
    look(true);
    look(true);
    await made.close();
    assert.equal(made.counts.lost, 1);
  });
});
