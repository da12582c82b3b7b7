/** A model with versions of known worth, a real model host, and a training that a test ends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { DenseModel } from '../../../models/recipes/dense.ts';
import { Prng } from '../../../server/core/prng.ts';
import { RETRAIN_LIMITS } from '../../../server/retrain/plan.ts';
import {
  Retrainer, type KnownOutcome, type RetrainParts, type TrainingRun,
} from '../../../server/retrain/retrainer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { openHost, requestOf } from '../../support/host.ts';
import { denseFiles, temporaryFolder, writeDense, writeFiles } from '../../support/model-repository.ts';
import { silentLog } from '../../support/silent-log.ts';

const DAY_US = 86_400e6;

/** sigmoid(slope x + shift). */
const model = (slope: number, shift: number): DenseModel => ({
  name: 'intent', input: 'features', output: 'probability',
  layers: [{
    inputs: 1, units: 1, weight: Float32Array.of(slope), bias: Float32Array.of(shift),
    activation: 'sigmoid',
  }],
});
const TRUTH = model(2, -1);
const WORSE = model(-1, 0);
const STABLE = model(0.5, 0);

const chance = (of: DenseModel, x: number): number => {
  const [layer] = of.layers;
  return 1 / (1 + Math.exp(-(layer!.weight[0]! * x + layer!.bias[0]!)));
};

async function shop(candidate: DenseModel | null, ask?: RetrainParts['ask']) {
  const folder = temporaryFolder();
  const repository = join(folder, 'models');
  writeDense(repository, 'intent', STABLE, 'onnxruntime_onnx', { max_batch_size: 128 });
  const host = await openHost(repository);
  const clock = new FakeClock();
  const prng = new Prng(1);
  const known: KnownOutcome[] = [];
  let drift = false;
  let promoted = 0;
  let end: (how: Awaited<TrainingRun['ended']>) => void = () => {};
  let trainings = 0;
  const open = (): Retrainer => new Retrainer({
    model: 'intent', companions: ['intent-why'], repository, models: host, clock, log: silentLog,
    limits: { ...RETRAIN_LIMITS, everyMs: Infinity, onDrift: true },
    outcomes: (sinceMs) => known.filter(({ atMs }) => atMs >= sinceMs),
    ...(ask && { ask }),
    drift: () => drift,
    onPromoted: (version) => { promoted = version; },
    file: join(folder, 'retrain.json'),
    train: () => {
      trainings += 1;
      const ended = new Promise<Awaited<TrainingRun['ended']>>((resolve) => { end = resolve; });
      return { ended, stop: () => end({ failed: 'stopped' }) };
    },
  });
  const retrainer = open();
  const visit = async (): Promise<string> => {
    const x = prng.normal();
    const answer = await host.infer(requestOf('intent', STABLE, Float32Array.of(x)));
    clock.advance(1e6);
    if (answer.version === '1') {
      known.push({
        row: Float32Array.of(x), probability: chance(STABLE, x), version: '1',
        label: prng.float() < chance(TRUTH, x) ? 1 : 0, atMs: clock.wallMs(),
      });
    }
    return answer.version;
  };
  return {
    retrainer, host, repository, open,
    get trainings() { return trainings; },
    get promoted() { return promoted; },
    setDrift(is: boolean) { drift = is; },
    pinned: () => (JSON.parse(readFileSync(join(repository, 'intent/config.json'), 'utf8')) as {
      version_policy: { specific: { versions: number[] } } }).version_policy.specific.versions,
    later: (us: number) => clock.advance(us),
    async visits(count: number): Promise<Map<string, number>> {
      const versions = new Map<string, number>();
      for (let i = 0; i < count; i += 1) {
        const version = await visit();
        versions.set(version, (versions.get(version) ?? 0) + 1);
      }
      await retrainer.look();
      return versions;
    },
    async trained(how: Awaited<TrainingRun['ended']> = 'trained'): Promise<void> {
      if (candidate && how === 'trained') {
        writeFiles(join(repository, 'intent', '2'), denseFiles(candidate, 'onnxruntime_onnx'));
      }
      end(how);
      await new Promise((resolve) => setImmediate(resolve));
      await retrainer.look();
    },
  };
}

suite('a model that is kept trained', () => {
  test('drift → training → shadow → canary → promoted, one answer to every request', async () => {
    const all = await shop(TRUTH);
    await all.visits(5);
    assert.equal(all.retrainer.state.stage, 'idle');
    all.setDrift(true);
    await all.visits(1);
    assert.equal(all.retrainer.state.stage, 'training');
    assert.deepEqual(all.pinned(), [1]);
    await all.visits(3);
    assert.equal(all.trainings, 1); // drift goes on, one training is enough
    await all.trained();
    assert.equal(all.retrainer.state.stage, 'shadow');
    assert.deepEqual(await all.visits(300), new Map([['1', 300]])); // a shadow answers nobody
    assert.equal(all.retrainer.state.stage, 'canary');
    const { candidate: better, stable, rows } = all.retrainer.state.comparison!;
    assert.ok(rows >= 200 && better < stable);
    let canary = 0;
    while (all.retrainer.state.stage === 'canary') {
      canary += (await all.visits(200)).get('2') ?? 0;
    }
    assert.ok(canary >= 200);
    assert.equal(all.retrainer.state.last?.outcome, 'promoted');
    assert.equal(all.promoted, 2);
    assert.deepEqual(all.pinned(), [2]);
    assert.deepEqual(await all.visits(3), new Map([['2', 3]]));
    assert.equal(all.trainings, 1); // a day has not passed
    all.later(DAY_US);
    await all.visits(1);
    assert.equal(all.trainings, 2);
    await all.trained('refused');
    await all.retrainer.close();
    await all.host.close();
  });

  test('a model that answers otherwise is asked as it is told to: by the version, with the rows', async () => {
    const asked: number[] = [];
    const all = await shop(TRUTH, async (version, rows) => {
      asked.push(version);
      return rows.map(([x]) => chance(WORSE, x!));
    });
    all.retrainer.now();
    await all.trained();
    await all.visits(300);

    assert.deepEqual([...new Set(asked)], [2]);
    assert.match(all.retrainer.state.last!.why, /^worse: log loss/);
    await all.host.close();
  });

  test('a version that is worse on new outcomes never answers anybody', async () => {
    const all = await shop(WORSE);
    all.retrainer.now();
    assert.throws(() => all.retrainer.now(), { code: 'bad_argument', message: /under way: training/ });
    await all.trained();
    assert.deepEqual(await all.visits(300), new Map([['1', 300]]));
    const { stage, last } = all.retrainer.state;
    assert.equal(stage, 'idle');
    assert.equal(last?.outcome, 'rejected');
    assert.match(last!.why, /^worse: log loss/);
    assert.deepEqual(all.pinned(), [1]);
    assert.deepEqual(await all.visits(3), new Map([['1', 3]]));
    await all.host.close();
  });

  test('a training that fails or is refused leaves everything as it was, and says why', async () => {
    for (const [how, outcome] of [['refused', 'rejected'], [{ failed: 'no memory' }, 'failed']] as const) {
      const all = await shop(null);
      all.retrainer.now();
      await all.trained(how);
      assert.equal(all.retrainer.state.last?.outcome, outcome);
      assert.deepEqual(await all.visits(2), new Map([['1', 2]]));
      await all.host.close();
    }
  });

  test('a training that says it is done and wrote nothing has failed', async () => {
    const all = await shop(null);
    all.retrainer.now();
    await all.trained();
    assert.match(all.retrainer.state.last!.why, /wrote no version/);
    await all.host.close();
  });

  test('a server that ends in the middle serves the stable version alone when it starts', async () => {
    const all = await shop(TRUTH);
    all.retrainer.now();
    await all.trained();
    await all.visits(50);
    assert.equal(all.retrainer.state.stage, 'shadow');
    const next = all.open();
    await next.resume();
    assert.equal(next.state.stage, 'idle');
    assert.match(next.state.last!.why, /ended in the middle/);
    assert.deepEqual(all.pinned(), [1]);
    assert.deepEqual(await all.visits(3), new Map([['1', 3]]));
    await all.host.close();
  });

  test('closing stops the training', async () => {
    const all = await shop(null);
    all.retrainer.now();
    await all.retrainer.close();
    const next = all.open();
    await next.resume();
    assert.equal(next.state.last?.outcome, 'failed');
    await all.host.close();
  });
});
