import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { hazardSamples } from '../../../../models/customers/hazard/samples.ts';
import { buyChances } from '../../../../models/customers/hazard/train.ts';
import { boughtWithin } from '../../../../models/customers/horizon.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { buyersLog } from '../../../../models/make.ts';
import { parseConfig } from '../../../../server/catalog/parse-config.ts';
import type { ModelConfig } from '../../../../server/catalog/model-config.ts';
import { BIN_ENDS } from '../../../../server/customers/survival.ts';
import { TIMING_FEATURES } from '../../../../server/customers/timing-inputs.ts';
import { OnnxRuntime } from '../../../../server/runtime/onnx.ts';
import { TfjsRuntime } from '../../../../server/runtime/tfjs.ts';

const REPOSITORY = 'models/repository';

/** Buyers that no shipped model has seen: another seed. */
const log = buyersLog({ seed: 99, customers: 1200, endMs: Date.UTC(2026, 8, 1), days: 540 });
const samples = hazardSamples(log, [log.lastDay - 90], log.lastDay);

suite('The shipped models of customers', () => {
  test('timing in ONNX and in tfjs on wasm agree to 1e-5, and rank unseen buyers as the card says',
    async () => {
      const onnx = await served('timing', 'hazard', BIN_ENDS.length);
      const tfjs = await served('timing-tfjs', 'hazard', BIN_ENDS.length);
      onnx.forEach((value, i) => assert.ok(Math.abs(value - tfjs[i]!) < 1e-5, `${i}`));

      const labels = boughtWithin(log, samples, 30);
      const auc = rocAuc(buyChances(Float64Array.from(onnx), 30), labels);
      assert.ok(Math.abs(auc - card('timing').scores.auc!) < 0.05, `AUC ${auc}`);
    });

  test('who buys, who is silent and who spends is ranked as the cards say', async () => {
    for (const [name, output, days, sign] of [
      ['churn', 'probability', 90, -1], ['ltv', 'value', 90, 1],
    ] as const) {
      const said = await served(name, output, 1);
      const auc = rocAuc(said.map((value) => sign * value), boughtWithin(log, samples, days));

      assert.ok(auc > 0.75, `${name}: AUC ${auc}`);
      const known = card(name).scores.auc;
      if (known !== undefined) assert.ok(Math.abs(auc - known) < 0.05, `${name}: ${auc}, ${known}`);
    }
  });

  test('all parts together answer what their own models do', async () => {
    for (const [name, output, together, width] of [
      ['timing', 'hazard', 'hazard', BIN_ENDS.length], ['churn', 'probability', 'silence', 1],
      ['ltv', 'value', 'value', 1],
    ] as const) {
      const want = await served(name, output, width);
      const said = await served('customers', together, width);

      want.forEach((value, i) =>
        assert.ok(Math.abs(value - said[i]!) <= 1e-5 * (1 + value), `${name} ${i}`));
    }
  });

  test('cards pin the features that the server builds, in their order', () => {
    for (const name of ['timing', 'timing-tfjs', 'churn', 'ltv', 'segments', 'customers']) {
      const { features, trainedOn } = card(name);

      assert.deepEqual(features, TIMING_FEATURES, name);
      assert.match(trainedOn, /simulator.*no real shopper/);
    }
  });
});

function card(name: string): {
  features: string[]; scores: Record<string, number>; trainedOn: string;
} {
  return JSON.parse(readFileSync(join(REPOSITORY, name, 'card.json'), 'utf8'));
}

/** What the server's own runtime answers, in batches of the config's size. */
async function served(name: string, output: string, width: number): Promise<Float32Array> {
  const folder = join(REPOSITORY, name);
  const config: ModelConfig = parseConfig(
    JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')), name);
  const runtime = config.platform === 'tensorflow_tfjs' ? new TfjsRuntime() : new OnnxRuntime();
  const model = await runtime.open(join(folder, '1'), config);
  const all = new Float32Array(samples.rows * width);
  const batch = config.max_batch_size;
  const sizes = (tensors: ModelConfig['input']): number[] =>
    tensors.map(({ dims }) => dims.reduce((product, size) => product * size, 1));
  // A runtime keeps to the arrays of its first run.
  const inputs = sizes(config.input).map((count) => new Float32Array(batch * count));
  const outputs = sizes(config.output).map((count, i) => config.output[i]!.data_type === 'TYPE_INT32'
    ? new Int32Array(batch * count) : new Float32Array(batch * count));
  const at = config.output.findIndex((tensor) => tensor.name === output);
  for (let from = 0; from < samples.rows; from += batch) {
    const rows = Math.min(batch, samples.rows - from);
    config.input.forEach(({ name: input }, place) => {
      const count = inputs[place]!.length / batch;
      const source = input === 'features' ? samples.features : samples.history;
      inputs[place]!.set(source.subarray(from * count, (from + rows) * count));
    });
    await model.run(inputs, rows, outputs);
    all.set(outputs[at]!.subarray(0, rows * width), from * width);
  }
  await model.close();
  return all;
}
