import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hazardSamples } from '../../../../models/customers/hazard/samples.ts';
import { HAZARD_DEFAULTS } from '../../../../models/customers/hazard/train.ts';
import { fitChance } from '../../../../models/customers/chance.ts';
import { fitNetwork } from '../../../../models/customers/chances.ts';
import { learnCustomers } from '../../../../models/customers/learn.ts';
import type { JudgedModel } from '../../../../models/customers/models.ts';
import type { NewModel } from '../../../../models/recipes/model-folder.ts';
import { normalisedGini } from '../../../../models/customers/value/scores.ts';
import { fitValue, valueOnnx, values } from '../../../../models/customers/value/network.ts';
import {
  fitTwoPart, twoPartOnnx, twoPartValues,
} from '../../../../models/customers/value/two-part.ts';
import {
  fitWindow, windowChances, windowOnnx, type WindowWay,
} from '../../../../models/customers/window-blend.ts';
import { featureTable, spentWithin, windowSamples } from '../../../../models/customers/horizon.ts';
import { buyersLog } from '../../../../models/make.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../../../server/customers/timing-inputs.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const log = buyersLog({ seed: 7, customers: 700, endMs: Date.UTC(2026, 5, 1), days: 420 });
const SMALL = { epochs: 1, members: 1, state: 4, hidden: 6 };

suite('Learning about customers', () => {
  test('every way to tell who buys in a window answers in its file as in the recipe', async () => {
    const network = fitNetwork(log, log.lastDay, { ...HAZARD_DEFAULTS, ...SMALL });
    const blend = fitWindow(log, log.lastDay, 30, network, 1);
    const samples = hazardSamples(log, [log.lastDay], log.lastDay);
    const want = windowChances(blend, samples);
    const history = [samples.history,
      [samples.rows, HISTORY_LENGTH, HISTORY_CHANNELS.length]] as const;
    const features = [samples.features, [samples.rows, TIMING_FEATURES.length]] as const;
    for (const way of Object.keys(want) as WindowWay[]) {
      const reads = way === 'line' || way === 'trees' ? { features } : { history, features };
      const buys = await runOnnx(windowOnnx(blend, way, 'purchase'), reads, 'probability');
      const silent = await runOnnx(windowOnnx(blend, way, 'silence'), reads, 'probability');

      want[way].forEach((chance, row) => {
        assert.ok(Math.abs(chance - buys[row]!) < 1e-5, `${way} ${row}`);
        assert.ok(Math.abs(1 - chance - silent[row]!) < 1e-5, `${way} ${row}`);
      });
    }
  });

  test('what customers will spend is in the file what it is in the recipe', async () => {
    const samples = windowSamples(log, log.lastDay, 90);
    const spent = spentWithin(log, samples, 90);
    const network = fitValue(samples.features, TIMING_FEATURES.length, spent, 1);
    const table = featureTable(samples);
    const twoPart = fitTwoPart(fitChance(log, samples, 90, 1), table, spent, 1);
    const total = (of: Float64Array): number => of.reduce((sum, value) => sum + value, 0);
    for (const [want, bytes] of [
      [values(network, samples.features), valueOnnx(network)],
      [twoPartValues(twoPart, table), twoPartOnnx(twoPart)],
    ] as const) {
      const file = await runOnnx(bytes, {
        features: [samples.features, [samples.rows, TIMING_FEATURES.length]],
      }, 'value');

      want.forEach((value, row) =>
        assert.ok(Math.abs(value - file[row]!) < 1e-4 * (1 + value), `${row}: ${value}`));
      assert.ok(normalisedGini(want, spent) > 0.2);
      assert.ok(Math.abs(total(want) / total(spent) - 1) < 0.01);
    }
  });

  test('the Gini of a perfect order is 1, of the opposite -1', () => {
    const spent = Float64Array.of(0, 0, 5, 1, 0, 20);

    assert.ok(Math.abs(normalisedGini(spent, spent) - 1) < 1e-12);
    assert.ok(normalisedGini(spent.map((value) => -value), spent) < -0.99);
  });

  test('a log too short or too small teaches nothing, and why is said', () => {
    const few = { ...log, customers: log.customers.slice(0, 50) };
    const learned = learnCustomers(
      few, { seed: 1, trainedOn: '', write: true }, new FakeClock(), () => undefined);

    assert.ok('why' in learned);
    assert.match(learned.why, /50 customers/);
  });

  const learn = (): { lines: string[]; models: readonly JudgedModel[] } => {
    const lines: string[] = [];
    const models = learnCustomers(log, {
      seed: 1, trainedOn: 'a test', write: true, network: SMALL,
    }, new FakeClock(), (line) => lines.push(line));
    assert.ok('length' in models);
    return { lines, models };
  };
  const learned = learn();

  test('a log gives six models and one of all parts, each with a card of what it reads and scored', () => {
    const { lines, models } = learned;

    assert.deepEqual(models.map(({ model: { name } }) => name),
      ['timing', 'timing-tfjs', 'buy-30', 'churn', 'ltv', 'segments', 'customers']);
    for (const { model: { card, config } } of models) {
      assert.deepEqual(card.features, TIMING_FEATURES);
      assert.ok(Object.values(card.scores).every(Number.isFinite), card.name);
      assert.ok(Object.keys(card.baselines).length > 0, card.name);
      assert.ok(config!.input.some(({ name }) => name === 'features'));
      assert.ok(card.notes!.length > 0, card.name);
    }
    assert.match(lines.join('\n'), /BG\/NBD x Gamma-Gamma +Gini/);
  });

  test('a model that does not surely beat the rules is no part of it, and why is said', () => {
    const { lines, models } = learned;
    const together = models.at(-1)!.model;
    const outputs = new Set(together.config!.output.map(({ name }) => name));
    for (const { model: { name }, reasons } of models.slice(0, -1)) {
      const said = lines.find((line) => new RegExp(`^${name} is (not )?promoted`).test(line));
      const output = { timing: 'hazard', churn: 'silence', ltv: 'value', segments: 'segment' }[name];

      if (said) assert.equal(said.includes('not promoted: '), reasons.length > 0, said);
      if (output) assert.equal(outputs.has(output), reasons.length === 0, name);
    }
    assert.ok(models.some(({ reasons }) => reasons.length === 0));
  });

  test('all parts together answer what their own files do', async () => {
    const { models } = learned;
    const samples = hazardSamples(log, [log.lastDay], log.lastDay);
    const inputs = {
      history: [samples.history, [samples.rows, HISTORY_LENGTH, HISTORY_CHANNELS.length]],
      features: [samples.features, [samples.rows, TIMING_FEATURES.length]],
    } as const;
    const file = (name: string): NewModel => models.find(({ model }) => model.name === name)!.model;
    const together = file('customers');
    for (const { name: output } of together.config!.output) {
      const [name, single] = ({
        hazard: ['timing', 'hazard'], silence: ['churn', 'probability'], value: ['ltv', 'value'],
        segment: ['segments', 'segment'],
      } as const)[output]!;
      const reads = Object.fromEntries(file(name).config!.input.map((input) =>
        [input.name, inputs[input.name as keyof typeof inputs]]));
      const want = await runOnnx(file(name).files['model.onnx'] as Uint8Array, reads, single);
      const said = await runOnnx(together.files['model.onnx'] as Uint8Array, inputs, output);

      want.forEach((value, i) =>
        assert.ok(Math.abs(value - said[i]!) <= 1e-6 * (1 + value), `${output} ${i}`));
    }
  });
});
