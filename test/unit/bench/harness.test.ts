import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { interleave, spread } from '../../../bench/harness.ts';
import { numberText, withRatios, type Row } from '../../../bench/report.ts';
import { makeCases, requestFile } from '../../../bench/requests.ts';
import { seededMlp } from '../../../models/recipes/dense.ts';

suite('The bench harness', () => {
  test('runs variants forwards and backwards by turns', async () => {
    const order: string[] = [];
    const variant = (name: string) => ({ name, run: (turn: number) => (order.push(name), turn) });

    const samples = await interleave([variant('a'), variant('b')], 3);

    assert.equal(order.join(''), 'abbaab');
    assert.deepEqual(samples.get('b'), [0, 1, 2]);
  });

  test('the median of an even count lies between the two in the middle', () => {
    assert.deepEqual(spread([4, 1, 3, 2]), { median: 2.5, low: 1, high: 4 });
    assert.deepEqual(spread([5]), { median: 5, low: 5, high: 5 });
    assert.ok(Number.isNaN(spread([]).median));
  });

  test('ratios are to the base of the same case and metric, and the base has none', () => {
    const row = (impl: string, metric: string, value: number): Row => {
      return { case: 'c', impl, metric, value, unit: '' };
    };

    const rows = withRatios([row('us', 'rate', 30), row('peer', 'rate', 10), row('us', 'p99', 1)], 'peer');

    assert.deepEqual(rows[0]?.ratio_to, { impl: 'peer', ratio: 3 });
    assert.equal(rows[1]?.ratio_to, undefined);
    assert.equal(rows[2]?.ratio_to, undefined);
  });

  test('numbers print with three digits, large ones whole', () => {
    assert.deepEqual([0.012345, 12.345, 123456, NaN].map(numberText), ['0.0123', '12.3', '123,456', '-']);
  });

  test('a request file holds every case once, with a place for the id inside each', () => {
    const model = seededMlp(1, [4, 2, 1]);
    for (const encoding of ['msgpack', 'json', 'kserve', 'peer'] as const) {
      const file = requestFile(model, makeCases(model, 3, 1), encoding);

      assert.equal(file.toString('latin1', 0, 4), 'VLR1');
      let at = 8;
      for (let i = 0; i < file.readUInt32LE(4); i += 1) {
        const [bytes, idAt] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
        assert.ok(idAt + 4 <= bytes, `${encoding} ${idAt} of ${bytes}`);
        at += 12 + bytes;
      }
      assert.equal(at, file.length);
    }
  });
});
