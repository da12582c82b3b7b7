import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CandidateSampler } from '../../../models/recipes/encoder/candidates.ts';
import { encoderOnnx } from '../../../models/recipes/encoder/encoder-onnx.ts';
import { Pooling } from '../../../models/recipes/encoder/pooling.ts';
import { openSoftmax, plainSoftmax } from '../../../models/recipes/encoder/softmax.ts';
import { TrainingStep } from '../../../models/recipes/encoder/step.ts';
import { trainEncoder } from '../../../models/recipes/encoder/train.ts';
import {
  freshWeights, parametersOf, type EncoderWeights,
} from '../../../models/recipes/encoder/weights.ts';
import {
  examplesOf, trainingSessions, type TrainingSessions,
} from '../../../models/recipes/training-sessions.ts';
import { Prng } from '../../../server/core/prng.ts';
import { packSessions } from '../../../server/storefront/retrieval/past-sessions.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { runOnnx } from '../../support/run-model-file.ts';

const SHAPE = { items: 12, dim: 6, length: 5, temperature: 0.3 };
const BATCH = 8;

suite('The session encoder', () => {
  test('gradients by hand are those of finite differences, for every parameter', async () => {
    const { weights, step, loss } = setup();
    await step();
    const slopes = parametersOf(weights).map((parameter) => parameter.gradient.slice());

    const prng = new Prng(9);
    for (const [at, parameter] of parametersOf(weights).entries()) {
      for (let probe = 0; probe < 12; probe += 1) {
        const i = prng.below(parameter.values.length);
        if (parameter === weights.embedding && i < SHAPE.dim) continue; // padding is not learned
        const was = parameter.values[i] as number;
        const h = 0.01;
        parameter.values[i] = was + h;
        const above = await loss();
        parameter.values[i] = was - h;
        const below = await loss();
        parameter.values[i] = was;
        const want = (above - below) / (2 * h);
        const got = slopes[at]![i] as number;
        assert.ok(Math.abs(got - want) < 2e-3 + 0.02 * Math.abs(want),
          `parameter ${at}, place ${i}: ${got} by hand, ${want} by differences`);
      }
    }
  });

  test('the softmax step in ONNX Runtime agrees with plain loops', async () => {
    const sizes = { batch: 5, candidates: 9, dim: 4 };
    const prng = new Prng(4);
    const input = {
      vectors: prng.row(20), candidates: prng.row(36), offsets: prng.row(9),
      targets: BigInt64Array.from([0n, 3n, 8n, 3n, 1n]),
    };
    const both = [openSoftmax(sizes), plainSoftmax(sizes)];
    const outputs = await Promise.all(both.map(async (made) => {
      const output = {
        chances: new Float32Array(5), expected: new Float32Array(20), pulled: new Float32Array(36),
      };
      const softmax = await made;
      await softmax.run(input, output);
      await softmax.close();
      return output;
    }));

    for (const name of ['chances', 'expected', 'pulled'] as const) {
      near(outputs[0]![name], outputs[1]![name], 1e-5);
    }
  });

  test('the ONNX file gives the vectors that training used, whatever the length', async () => {
    const weights = learnedLooking();
    const sessions = [[3], [1, 2], [5, 5, 7], [12, 1, 1, 4], [6, 2, 9, 9, 11]];
    const pooling = new Pooling(weights, sessions.length);
    const padded = new Int32Array(sessions.length * SHAPE.length);
    sessions.forEach((session, row) => {
      pooling.forward(row, Int32Array.from(session), 0, session.length);
      padded.set(session, row * SHAPE.length);
    });

    const items = [padded, [sessions.length, SHAPE.length]] as const;
    const vectors = await runOnnx(encoderOnnx(weights), { items }, 'vector');

    near(vectors, pooling.vectors, 1e-5);
  });

  test('a row of padding alone gives finite numbers', async () => {
    const items = [new Int32Array(SHAPE.length), [1, SHAPE.length]] as const;
    const vector = await runOnnx(encoderOnnx(learnedLooking()), { items }, 'vector');

    assert.ok(vector.every(Number.isFinite));
  });

  test('it learns what follows what, better than popularity, and the same from the same seed',
    async () => {
      const data = chains();
      const options = { seed: 3, dim: 8, epochs: 10, minutesMax: Infinity };
      const [first, again] = await Promise.all([0, 1].map(() =>
        trainEncoder(data, options, new FakeClock(), () => undefined)));

      assert.ok(first!.score.mrr20 > 0.5, `MRR@20 ${first!.score.mrr20}`);
      assert.deepEqual(first!.weights.embedding.values, again!.weights.embedding.values);
    });

  test('candidates hold every target once, and no item twice', () => {
    const sampler = new CandidateSampler(new Prng(1), 50, [1, 1, 2, 3]);
    const targets = Int32Array.of(7, 3, 7, 50);
    const candidates = new Int32Array(20);
    const places = new BigInt64Array(4);

    sampler.draw(targets, candidates, places);

    assert.equal(new Set(candidates).size, 20);
    targets.forEach((target, row) => assert.equal(candidates[Number(places[row])], target));
  });
});

suite('Training sessions', () => {
  test('items of held-out sessions alone are in no vocabulary, and count as misses', () => {
    const sessions = [...Array.from({ length: 19 }, () => [1, 2, 3]), [1, 99, 2, 98]];
    const data = trainingSessions(packSessions(sessions), String);

    assert.deepEqual(data.ids, ['1', '2', '3']);
    assert.deepEqual([...data.heldOut.items], [1, 2]);
    assert.equal(data.heldOutMisses, 2);
  });

  test('a prefix ends before its target, and no prefix reaches into another session', () => {
    const { starts, targets } = examplesOf(
      { items: Int32Array.of(1, 2, 3, 4, 5), offsets: Uint32Array.of(0, 3, 4, 5) }, 1);

    assert.deepEqual([...starts], [0, 1]);
    assert.deepEqual([...targets], [1, 2]);
  });
});

/** A step over a few sessions with every item as a candidate, so that the loss has no chance. */
function setup(): {
  weights: EncoderWeights; step: () => Promise<number>; loss: () => Promise<number>;
} {
  const weights = learnedLooking();
  const items = Int32Array.of(1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1);
  const examples = examplesOf({ items, offsets: Uint32Array.of(0, 7, 10, 14) }, SHAPE.length);
  const chosen = Uint32Array.from({ length: BATCH }, (_, i) => i);
  const sizes = { batch: BATCH, candidates: SHAPE.items, dim: SHAPE.dim };
  const sampler = new CandidateSampler(new Prng(1), SHAPE.items, [1, 2]);
  const step = (): Promise<number> =>
    new TrainingStep(weights, sizes, plainSoftmax(sizes), sampler).run(items, examples, chosen, 0);
  return { weights, step, loss: step };
}

/** Weights with every term at work. */
function learnedLooking(): EncoderWeights {
  const weights = freshWeights(SHAPE, 5);
  const prng = new Prng(6);
  for (const parameter of [weights.gate, weights.pair, weights.turn]) {
    parameter.values.forEach((_, i) => { parameter.values[i] = 0.5 * prng.normal(); });
  }
  return weights;
}

/** Sessions that walk up a ring of 40 items, one or two steps at a time. */
function chains(): TrainingSessions {
  const prng = new Prng(8);
  const sessions = Array.from({ length: 600 }, () => {
    let at = prng.below(40);
    return Array.from({ length: 5 }, () => (at = (at + 1 + prng.below(2)) % 40));
  });
  return trainingSessions(packSessions(sessions), String);
}

function near(got: Float32Array, want: Float32Array, tolerance: number): void {
  assert.equal(got.length, want.length);
  got.forEach((value, i) => {
    const error = Math.abs(value - (want[i] as number));
    assert.ok(error <= tolerance * Math.max(1, Math.abs(value)), `place ${i}: off by ${error}`);
  });
}
