import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Inference, InferRequest } from '../../../server/core/inference.ts';
import { Prng } from '../../../server/core/prng.ts';
import { float32Tensor, float32View } from '../../../server/core/tensor.ts';
import { FEATURES_WIDTH } from '../../../server/customers/known-customer.ts';
import { BIN_ENDS } from '../../../server/customers/survival.ts';
import { STEADY_FEATURES, TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import { Histories } from '../../../server/features/histories.ts';
import { Alerts } from '../../../server/watch/alerts.ts';
import { CustomerWatch } from '../../../server/watch/customer-watch.ts';
import { ModelWatch } from '../../../server/watch/model-watch.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { silentLog } from '../../support/silent-log.ts';

const DAY_MS = 86_400_000;
const DAY_US = DAY_MS * 1000;
const CUSTOMERS = 400;
const RECENCY = TIMING_FEATURES.indexOf('recency');

/** Customers who buy each day with a chance of their own, told by the model that is asked. */
function setup(learnedDaysAgo: number, shares: number[] | null = null) {
  const clock = new FakeClock();
  const histories = new Histories({ timeZone: 'UTC', categoryOf: () => undefined });
  const today = Math.floor(clock.wallMs() / DAY_MS);
  const prng = new Prng(3);
  const chanceOf = (customer: number): number => (customer % 20 + 1) / 60;
  let events = 0;
  const live = (from: number, to: number, chance = chanceOf): void => {
    for (let day = from; day < to; day += 1) {
      for (let customer = 0; customer < CUSTOMERS; customer += 1) {
        if (day > today - 59 && prng.float() > chance(customer)) continue;
        histories.take(`c-${customer}`, {
          id: `e-${events += 1}`, type: 'purchase', atMs: day * DAY_MS + 1000, session: 's',
          customer: `c-${customer}`, items: [{ item: 'lamp', quantity: customer % 20 + 1, price: 1 }],
        }, (day + 1) * DAY_MS);
      }
    }
  };
  live(today - 60, today);
  const requests: InferRequest[] = [];
  const inference: Inference = {
    ready: () => true,
    infer: async (request) => {
      requests.push(request);
      const features = float32View(request.inputs.find(({ name }) => name === 'features')!);
      const rows = features.length / FEATURES_WIDTH;
      const hazard = new Float32Array(rows * BIN_ENDS.length);
      for (let row = 0; row < rows; row += 1) {
        const units = Math.expm1(features[row * FEATURES_WIDTH + TIMING_FEATURES.indexOf('units_mean')]!);
        hazard.fill(units / 60, row * BIN_ENDS.length, (row + 1) * BIN_ENDS.length);
      }
      return {
        model: 'customers', version: '1',
        outputs: [
          float32Tensor('hazard', [rows, BIN_ENDS.length], hazard),
          { name: 'segment', datatype: 'INT32', shape: [rows, 1],
            data: new Uint8Array(Int32Array.from({ length: rows }, (_, row) => row % 2).buffer) },
        ],
        timing: { queueUs: 0, runUs: 0, batchRows: rows, batchReason: 'idle' },
      };
    },
  };
  const alerts = new Alerts({ send: async () => {}, clock, log: silentLog });
  const watch = new ModelWatch({
    model: 'customers', names: STEADY_FEATURES, reference: null, promisedAuc: 0.99,
    silenceMs: 1, clock, alerts,
  });
  const customers = new CustomerWatch({
    watch, inference, customers: () => histories, timeZone: 'UTC',
    learnedTo: () => today - learnedDaysAgo, shares: () => shares, alerts, clock, log: silentLog,
  });
  return { clock, today, live, requests, watch, customers, alerts };
}

suite('Watching the models of customers', () => {
  test('a week that is over tells how well it ranked and whether its chances were true', async () => {
    const { watch, customers } = setup(30);
    await customers.look();
    watch.look();

    const { quality, rows } = watch.report;
    assert.equal(rows, CUSTOMERS);
    assert.ok(quality!.auc!.value > 0.68 && quality!.auc!.value < 0.9, `AUC ${quality!.auc!.value}`);
    assert.ok(Math.abs(quality!.excess) < 3, `excess ${quality!.excess}`);
    assert.ok(Math.abs(quality!.said - quality!.baseRate) < 0.06);
  });

  test('days that the version may have learned from count nowhere', async () => {
    const { watch, customers } = setup(3);
    await customers.look();
    watch.look();

    assert.equal(watch.report.quality, null);
  });

  test('customers are asked as they were: what came later is not among the inputs', async () => {
    const { requests, customers } = setup(30);
    await customers.look();

    const recencies = requests.flatMap(({ inputs }) => {
      const features = float32View(inputs.find(({ name }) => name === 'features')!);
      return Array.from({ length: features.length / FEATURES_WIDTH }, (_, row) =>
        Math.round(Math.expm1(features[row * FEATURES_WIDTH + RECENCY]!)));
    });
    assert.equal(recencies.length, 2 * CUSTOMERS);
    assert.ok(recencies.slice(0, CUSTOMERS).some((days) => days === 1)); // now: the last one was yesterday
    assert.ok(recencies.slice(CUSTOMERS).every((days) => days >= 0 && days <= 53));
  });

  test('sizes of segments are held against those of the training', async () => {
    const same = setup(30, [0.5, 0.5]);
    await same.customers.look();
    assert.ok(same.customers.sizes!.psi < 1e-9);

    const other = setup(30, [0.9, 0.1]);
    for (let day = 0; day < 2; day += 1) {
      await other.customers.look();
      other.clock.advance(DAY_US);
    }

    assert.deepEqual(other.customers.sizes!.now, [0.5, 0.5]);
    assert.deepEqual(other.alerts.firing.map(({ alert }) => alert), ['segments']);
  });

  test('they are asked once a day, and fewer purchases than said are an alert after some days', async () => {
    const { clock, today, live, requests, watch, customers } = setup(30);
    await customers.look();
    const asked = requests.length;
    clock.advance(DAY_US / 2);
    await customers.look();
    assert.equal(requests.length, asked);

    for (let day = 0; day < 12; day += 1) {
      live(today + day, today + day + 1, () => 0);
      clock.advance(DAY_US);
      await customers.look();
      watch.look();
    }

    assert.ok(requests.length > asked);
    assert.ok(watch.report.firing.includes('calibration'), String(watch.report.firing));
  });
});
