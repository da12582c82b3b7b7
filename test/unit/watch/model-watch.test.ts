import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { Alerts, type AlertMessage } from '../../../server/watch/alerts.ts';
import { ModelWatch } from '../../../server/watch/model-watch.ts';
import { Reference } from '../../../server/watch/reference.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

const MINUTE_US = 60e6;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Sessions whose chance to buy is sigmoid(x - 1 + bias); the model knows no bias. */
function shop(withReference = true) {
  const clock = new FakeClock();
  const prng = new Prng(1);
  const told: AlertMessage[] = [];
  const alerts = new Alerts({ clock, log: silentLog, send: async (one) => { told.push(one); } });
  const rows = Float32Array.from({ length: 1000 }, () => prng.normal())
    .reduce<number[]>((all, x) => all.concat(x, prng.normal(), sigmoid(x - 1)), []);
  const watch = new ModelWatch({
    model: 'intent', names: ['x', 'noise'],
    reference: withReference ? new Reference(Float32Array.from(rows), 3) : null,
    promisedAuc: 0.75, silenceMs: 1_800_000, clock, alerts,
  });
  let session = 0;
  const visit = (bias = 0, shift = 0): void => {
    const x = prng.normal() + shift;
    const id = `s${session++}`;
    clock.advance(MINUTE_US / 10);
    watch.predicted(id, Float32Array.of(x, prng.normal()), sigmoid(x - 1), '1');
    if (prng.float() < sigmoid(x - 1 + bias)) watch.seen(id, true);
  };
  const visits = (count: number, bias = 0, shift = 0): void => {
    for (let i = 0; i < count; i += 1) visit(bias, shift);
  };
  return { clock, watch, alerts, told, visits, state: () => watch.report.firing };
}

suite('a model that is watched', () => {
  test('all is well while shop and model stay as they were', () => {
    const { watch, visits, state } = shop();
    for (let look = 0; look < 10; look += 1) {
      visits(300);
      watch.look();
    }
    const { columns, quality, reference, anomalies } = watch.report;
    assert.deepEqual(state(), []);
    assert.equal(reference, 'of the training');
    assert.deepEqual(columns.map(({ name, level }) => [name, level]),
      [['x', 'stable'], ['noise', 'stable'], ['prediction', 'stable']]);
    assert.ok(anomalies! < 0.03);
    assert.ok(quality!.auc!.low < 0.76 && quality!.auc!.high > 0.72);
  });

  test('visitors of another kind are drift, of the feature and of what is predicted', () => {
    const { watch, visits, state } = shop();
    for (let look = 0; look < 2; look += 1) {
      visits(400, 0, 1.5);
      watch.look();
    }
    assert.ok(state().includes('drift'));
    const levels = Object.fromEntries(watch.report.columns.map(({ name, level }) => [name, level]));
    assert.deepEqual(levels, { x: 'shifted', noise: 'stable', prediction: 'shifted' });
  });

  test('probabilities that are too low are an alert, and outcomes teach what is missing', () => {
    const { watch, visits, state } = shop();
    assert.equal(watch.better([0, 0], 0.27), null);
    for (let look = 0; look < 8; look += 1) {
      visits(500, 1);
      watch.look();
    }
    assert.ok(state().includes('calibration'));
    const { online } = watch.report;
    assert.ok(online!.logLoss < online!.without);
    const better = watch.better([0, 0], sigmoid(-1))!;
    assert.ok(Math.abs(better - sigmoid(0)) < 0.07, `${better}`); // the bias of 1 is found
  });

  test('with a model that is right, outcomes prove nothing and its answers stay its own', () => {
    const { watch, visits } = shop();
    visits(6000);
    watch.look();
    assert.equal(watch.better([0, 0], 0.3), null);
  });

  test('without a reference the first rows stand in, and it says so', () => {
    const { watch, visits } = shop(false);
    visits(500);
    watch.look();
    assert.equal(watch.report.reference, 'not yet');
    assert.deepEqual(watch.report.columns, []);
    visits(600);
    watch.look();
    assert.equal(watch.report.reference, 'of the first rows seen');
    assert.equal(watch.report.columns.length, 3);
  });

  test('what was learned outlives the process', () => {
    const { watch, visits } = shop();
    visits(4000, 1);
    watch.look();
    const next = shop().watch;
    next.load(JSON.parse(JSON.stringify(watch.save())));
    assert.equal(next.better([0.5, 0], 0.3), watch.better([0.5, 0], 0.3));
    assert.throws(() => next.load({ online: { format: 'other' } }), { code: 'bad_argument' });
  });
});
