/** Texts, and sizes that each request brings, through lanes, workers and every runtime. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { runDense } from '../../models/recipes/dense.ts';
import { float32Tensor, float32View, type Tensor, textsOf } from '../../server/core/tensor.ts';
import type { ModelHost } from '../../server/serve.ts';
import { openHost } from '../support/host.ts';
import { EACH, texts, writeLoose } from '../support/loose-models.ts';
import { temporaryFolder } from '../support/model-repository.ts';

for (const placement of ['pool', 'inline']) {
  suite(`models without a row size, ${placement}`, () => {
    let host: ModelHost;
    before(async () => {
      const repository = temporaryFolder();
      writeLoose(repository, { placement });
      host = await openHost(repository);
    });
    after(() => host.close());
    const infer = async (model: string, input: Tensor, more: object = {}) =>
      (await host.infer({ model, inputs: [input], ...more })).outputs as [Tensor, ...Tensor[]];
    const read = (tensor: Tensor) => Array.from(textsOf(tensor), (text) => Buffer.from(text).toString());

    test('every model of the repository is served', () => {
      assert.deepEqual([...host.failures], []);
      assert.ok(host.report().every((lane) => lane.placement === placement));
    });

    test('texts are looked up, row by row', async () => {
      const [y] = await infer('words', texts('x', [2, 2], 'lamp', 'chair', '', 'lamp'));

      assert.deepEqual([y.name, y.datatype, y.shape], ['y', 'BYTES', [2, 2]]);
      assert.deepEqual(read(y), ['灯', '椅子', 'nothing', '灯']);
    });

    test('a row that fails takes none of the same run with it', async () => {
      const answers = await Promise.allSettled(['lamp', 'none', 'chair', 'none'].map((word) =>
        infer('words', texts('x', [1, 1], word))));

      assert.deepEqual(answers.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected']);
      const { reason } = answers[1] as PromiseRejectedResult;
      assert.match(String(reason), /the table has no 'none'/);
      assert.equal(reason.code, 'backend');
    });

    test('requests of different sizes at once each get their own answer', async () => {
      const sizes = Array.from({ length: 60 }, (_, i) => (i * 7) % 11);
      const answers = await Promise.all(sizes.map((size, i) => {
        const values = Float32Array.from({ length: 2 * size }, (_, at) => at % (i + 1) - 1);
        return infer('lengths', float32Tensor('x', [2, size], values)).then((outputs) =>
          ({ values, outputs }));
      }));

      answers.forEach(({ values, outputs: [y, above] }, i) => {
        const size = sizes[i] as number;
        assert.deepEqual(y.shape, [2, size]);
        assert.deepEqual(float32View(y), values);
        const counts = [0, 1].map((row) =>
          values.subarray(row * size, (row + 1) * size).filter((value) => value > 0).length);
        assert.deepEqual([...float32View(above!)], counts, `size ${size}`);
      });
      const { lane } = host.report().find(({ model }) => model === 'lengths')!;
      assert.ok(lane.stats.rows === 120 && lane.stats.phases.runs < 60, 'they ran together');
    });

    test('an output alone may be asked for', async () => {
      const outputs = await infer('lengths', float32Tensor('x', [1, 3], Float32Array.of(1, -1, 2)),
        { outputs: ['above'] });

      assert.deepEqual(outputs.map(({ name, shape }) => ({ name, shape })),
        [{ name: 'above', shape: [1] }]);
    });

    test('ONNX takes texts and gives them', async () => {
      const list = ['灯', '', 'a b', '🙂'];
      const [y] = await infer('texts', texts('x', [2, 2], ...list));
      assert.deepEqual(read(y), list);
    });

    test('ONNX refuses a text that is not UTF-8, or that its package would cut off', async () => {
      const good = texts('x', [1, 2], 'a', 'b');
      for (const data of [Uint8Array.of(1, 0, 0, 0, 0xff, 0, 0, 0, 0), texts('x', [2], 'a\0b', '').data]) {
        await assert.rejects(infer('texts', { ...good, data }),
          { code: 'bad_tensor', message: /'x' element 0 is not UTF-8 without zeros/ });
      }
    });

    test('tfjs takes sizes that are open', async () => {
      for (const places of [1, 4, 2]) {
        const values = Float32Array.from({ length: places * 3 }, (_, at) => Math.sin(at));
        const [y] = await infer('each', float32Tensor(EACH.input, [1, places, 3], values));

        assert.deepEqual(y.shape, [1, places, 2]);
        const got = float32View(y);
        for (let place = 0; place < places; place += 1) {
          const want = runDense(EACH, values.slice(place * 3, place * 3 + 3));
          want.forEach((value, unit) =>
            assert.ok(Math.abs(value - (got[place * 2 + unit] as number)) < 1e-5));
        }
      }
    });

    test('a model without a batch dimension takes any size, 64-bit integers to the last digit', async () => {
      const values = BigInt64Array.of(2n ** 53n + 1n, -(2n ** 63n), 0n, 1n);
      const data = new Uint8Array(values.buffer);
      const [y] = await infer('whole', { name: 'x', datatype: 'INT64', shape: [2, 2], data });
      assert.deepEqual([y.shape, y.data], [[2, 2], data]);
      const none = { name: 'x', datatype: 'INT64' as const, shape: [0, 2], data: new Uint8Array(0) };
      assert.deepEqual((await infer('whole', none))[0].shape, [0, 2]);
    });

    test('what does not fit is refused, saying what was sent and what fits', async () => {
      const wrong: [string, Tensor, RegExp][] = [
        ['words', texts('x', [1, 1, 1], 'lamp'), /Expected \[-1,-1\], got \[1,1,1\]/],
        ['texts', texts('x', [1, 3], 'a', 'b', 'c'), /Expected \[-1,2\], got \[1,3\]/],
        ['words', texts('x', [9, 1], ...Array<string>(9).fill('lamp')), /batch-size must be <= 8/],
        ['words', texts('x', [2, 1], 'lamp'), /needs 2 elements with their lengths, got 1/],
        ['words', float32Tensor('x', [1, 1], Float32Array.of(1)), /expects 'BYTES'/],
        ['lengths', float32Tensor('x', [1, 2], Float32Array.of(1, NaN)), /is NaN or infinite/],
      ];
      for (const [model, input, message] of wrong) {
        await assert.rejects(infer(model, input), message);
      }
    });

    test('metadata and config say what is open', () => {
      assert.deepEqual(host.metadata('lengths').inputs, [{ name: 'x', datatype: 'FP32', dims: [-1] }]);
      assert.deepEqual(host.config('texts').input, [{ name: 'x', data_type: 'TYPE_STRING', dims: [2] }]);
    });

    test('nothing is held once all is answered', () => {
      for (const { lane } of host.report()) {
        assert.equal(lane.loose?.bytes, 0);
        assert.equal(lane.waitingRows + lane.runningRows, 0);
      }
    });
  });
}
