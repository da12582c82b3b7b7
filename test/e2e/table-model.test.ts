/** A model of a table, from examples to the running server: written, loaded, batched, asked over HTTP. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { featureRows, learnedColumns } from '../../models/learn/rows.ts';
import { categories, numbers, type Examples } from '../../models/learn/table.ts';
import { trainTable } from '../../models/learn/train-table.ts';
import { writeModel } from '../../models/recipes/model-folder.ts';
import { bestTrees } from '../../models/recipes/table/candidates.ts';
import { tableModel } from '../../models/recipes/table/model.ts';
import { Prng } from '../../server/core/prng.ts';
import { temporaryFolder } from '../support/model-repository.ts';
import { startServer } from '../support/server-process.ts';

const ROWS = 800;

/** Sessions with missing cells, two kinds of columns, and a label that no line tells. */
function sessions(): Examples {
  const prng = new Prng(11);
  const draw = <T>(next: () => T): T[] => Array.from({ length: ROWS }, next);
  const pages = draw(() => (prng.below(9) === 0 ? NaN : prng.below(40)));
  const seconds = draw(() => Math.exp(5 + 2 * prng.normal()));
  const country = draw(() => prng.pick(['', 'DE', 'FR', 'JP', 'US']));
  const labels = Float64Array.from(pages, (x, row) => {
    const near = 3 - Math.abs((Number.isNaN(x) ? 15 : x) - 18) / 4;
    const z = near + (country[row] === 'JP' ? 2 : -2) + 1.5 * prng.normal();
    return z > 0 ? 1 : 0;
  });
  const columns = [numbers('pages', pages), categories('country', country), numbers('s', seconds)];
  return { table: { rows: ROWS, columns }, labels };
}

const FACTS = {
  name: 'bought', label: 'bought', file: 'sessions', sha256: '', commit: 'unknown', seed: 1,
  madeAt: new Date(0).toISOString(), trainSeconds: 0, costs: { falseAlarm: 1, miss: 1 },
};

suite('A model of a table, served', () => {
  for (const single of [false, true]) {
    const what = single ? 'one ensemble of trees' : 'the best of all, means and curves too';
    test(`${what}: over HTTP v2 it says what predict says, alone and in batches`, async () => {
      const examples = sessions();
      const learn = { learner: bestTrees(1, { single }) };
      const trained = await trainTable({ examples, seed: 1, learn });
      assert.ok(trained.fitted, 'not promoted');
      const fitted = learn.learner.fit(examples, 1);
      const folder = temporaryFolder();
      const models = tableModel(FACTS, examples, { ...trained, beside: [] }, fitted);
      for (const model of models) writeModel(join(folder, 'models'), model);
      const want = fitted.predict(examples.table);
      const rows = featureRows(learnedColumns(examples.table), examples.table);

      const server = await startServer(folder, undefined, 'auto');
      try {
        const all = await Promise.all(Array.from({ length: ROWS / 8 }, (_, at) =>
          infer(server.url, rows.slice(at * 24, (at + 1) * 24), 8)));
        const alone = await Promise.all(Array.from({ length: 40 }, (_, row) =>
          infer(server.url, rows.slice(row * 3, (row + 1) * 3), 1)));

        all.flat().forEach((p, row) =>
          assert.ok(Math.abs(p - want[row]!) < 1e-5, `row ${row}: ${p} ${want[row]}`));
        alone.flat().forEach((p, row) => assert.ok(Math.abs(p - want[row]!) < 1e-5));
        if (single) await assertExplained(server.url, examples);
      } finally {
        await server.stop();
      }
    });
  }
});

/** Binary, as missing cells are NaN and JSON has none. */
async function infer(url: string, features: Float32Array, count: number): Promise<number[]> {
  const data = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
  const input = {
    name: 'features', datatype: 'FP32', shape: [count, features.length / count],
    parameters: { binary_data_size: data.length },
  };
  const head = Buffer.from(JSON.stringify({ inputs: [input] }));
  const response = await fetch(`${url}/v2/models/bought/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(head.length) },
    body: Buffer.concat([head, data]),
  });
  const answer = (await response.json()) as { outputs: { data: number[] }[]; error?: string };
  assert.equal(response.status, 200, answer.error);
  return answer.outputs[0]!.data;
}

/** The model beside it answers for it. */
async function assertExplained(url: string, { table }: Examples): Promise<void> {
  const row = table.columns.map(({ values }) =>
    (Number.isNaN(values[1]!) ? null : Math.fround(values[1]!)));
  const response = await fetch(`${url}/v1/explain`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'bought', features: row }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.match(text, /tree_shap/);
}
