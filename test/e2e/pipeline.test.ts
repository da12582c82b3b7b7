/** Encode, search, rank: three stages in code, one hop to a worker, held to plain loops. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { runDense, seededMlp } from '../../models/recipes/dense.ts';
import { loadAddon } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { float32Tensor, float32View, type Tensor } from '../../server/core/tensor.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder, writeDense, writeFiles } from '../support/model-repository.ts';

const [WIDTH, DIM, ITEMS, K, ROWS] = [6, 8, 300, 5, 4];
const encoder = seededMlp(1, [WIDTH, DIM], 'linear');
const ranker = seededMlp(2, [2 * DIM, 16, 1], 'sigmoid');
const vectors = new Prng(3).row(ITEMS * DIM);

const CODE = `
export default async function open({ config, folder, model, addon }) {
  const encode = await model('encoder');
  const rank = await model('ranker');
  const items = addon().VectorIndex.open(folder + '/items.index');
  const [dim, k] = [items.dim, config.output[0].dims[0]];
  const found = new Uint32Array(${ROWS} * k);
  const near = new Float32Array(${ROWS} * k);
  const item = new Float32Array(dim);
  return {
    async run([history], rows, [ids, scores]) {
      encode.inputs[0].set(history.subarray(0, rows * ${WIDTH}));
      await encode.run(rows);
      const queries = encode.outputs[0].subarray(0, rows * dim);
      items.search(queries, k, found.subarray(0, rows * k), near.subarray(0, rows * k));
      for (let at = 0; at < rows * k; at += 1) {
        items.get(found[at], item);
        rank.inputs[0].set(queries.subarray(Math.floor(at / k) * dim, Math.floor(at / k) * dim + dim), at * 2 * dim);
        rank.inputs[0].set(item, at * 2 * dim + dim);
      }
      await rank.run(rows * k);
      const score = rank.outputs[0];
      for (let row = 0; row < rows; row += 1) {
        const order = [...Array(k).keys()].sort((a, b) => score[row * k + b] - score[row * k + a]);
        order.forEach((from, to) => {
          ids[row * k + to] = found[row * k + from];
          scores[row * k + to] = score[row * k + from];
        });
      }
    },
    close: () => items.close(),
  };
}
`;

function writeAll(code: string, placement = 'pool'): string {
  const repository = temporaryFolder();
  const tensor = (name: string, data_type: string, size: number): object[] =>
    [{ name, data_type, dims: [size] }];
  writeDense(repository, 'encoder', encoder, 'onnxruntime_onnx');
  writeDense(repository, 'ranker', ranker, 'onnxruntime_onnx', { max_batch_size: ROWS * K });
  writeFiles(repository, {
    'shop/config.json': JSON.stringify({
      platform: 'pipeline', max_batch_size: ROWS, input: tensor('history', 'TYPE_FP32', WIDTH),
      output: [...tensor('ids', 'TYPE_UINT32', K), ...tensor('scores', 'TYPE_FP32', K)],
      parameters: { placement },
    }),
    'shop/1/pipeline.mjs': code,
  });
  const index = new (loadAddon().VectorIndex)({ kind: 'exact', dim: DIM, metric: 'ip' });
  index.add(Uint32Array.from({ length: ITEMS }, (_, i) => i), vectors);
  index.save(join(repository, 'shop/1/items.index'));
  index.close();
  return repository;
}

/** The same with loops: the k items nearest to what is encoded, best by the ranker. */
function plain(history: Float32Array): number[] {
  const query = runDense(encoder, history);
  const item = (i: number): Float32Array => vectors.subarray(i * DIM, (i + 1) * DIM);
  const dot = (i: number): number => item(i).reduce((sum, value, at) => sum + value * query[at]!, 0);
  const score = (i: number): number => runDense(ranker, Float32Array.of(...query, ...item(i)))[0]!;
  const all = Array.from({ length: ITEMS }, (_, i) => i);
  return all.sort((a, b) => dot(b) - dot(a)).slice(0, K).sort((a, b) => score(b) - score(a));
}

const idsOf = (outputs: readonly Tensor[]): number[] => {
  const { data } = outputs.find(({ name }) => name === 'ids')!;
  return [...new Uint32Array(data.slice().buffer)];
};

suite('A pipeline in code', () => {
  for (const placement of ['pool', 'inline']) {
    test(`answers as plain loops do, in one run of one lane (${placement})`, async () => {
      const host = await openHost(writeAll(CODE, placement));
      const prng = new Prng(9);

      await Promise.all(Array.from({ length: 60 }, async () => {
        const history = prng.row(WIDTH);
        const inputs = [float32Tensor('history', [1, WIDTH], history)];
        const { outputs, timing } = await host.infer({ model: 'shop', inputs, deadlineMs: 5000 });
        assert.deepEqual(idsOf(outputs), plain(history), 'seed 9');
        const scores = float32View(outputs.find(({ name }) => name === 'scores')!);
        assert.ok(scores.every((score, at) => at === 0 || score <= scores[at - 1]!));
        assert.ok(timing.batchRows <= ROWS);
      }));

      const runs = Object.fromEntries(host.report().map(({ model, lane }) => [model, lane.stats.rows]));
      assert.deepEqual(runs, { encoder: 0, ranker: 0, shop: 60 });
      await host.close();
    });
  }

  test('code that is replaced is the new code after a load; code that fails is told', async () => {
    const repository = writeAll(CODE);
    const host = await openHost(repository);
    const inputs = [float32Tensor('history', [1, WIDTH], new Float32Array(WIDTH))];
    const write = (code: string): void => writeFiles(repository, { 'shop/1/pipeline.mjs': code });

    write('export default () => ({ run: (_, rows, [ids]) => { ids.fill(7); } });');
    await host.load('shop');
    const { outputs } = await host.infer({ model: 'shop', inputs });
    assert.deepEqual(idsOf(outputs), Array(K).fill(7));
    for (const [code, why] of [
      ['export default 1;', /exports no function/], ['export default () => ({});', /has no run/],
      ['export default ({ model }) => model("nowhere");', /nowhere.*config\.json/],
      ['export default () => { throw new Error("told to"); };', /told to/], ['}', /pipeline\.mjs/],
    ] as const) {
      write(code);
      await assert.rejects(host.load('shop'), { code: 'backend', message: why });
    }
    assert.deepEqual(idsOf((await host.infer({ model: 'shop', inputs })).outputs), Array(K).fill(7));
    const files = new Map([['1/pipeline.mjs', Buffer.from(CODE)]]);
    await assert.rejects(host.load('other', { config: {}, files }),
      { code: 'bad_argument', message: /is code: that is taken from the repository's folder alone/ });
    await host.close();
  });
});
