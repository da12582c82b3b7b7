import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { EnsembleStep } from '../../../server/catalog/model-config.ts';
import { parseConfig } from '../../../server/catalog/parse-config.ts';
import { ServeError } from '../../../server/core/errors.ts';
import type { InferRequest } from '../../../server/core/inference.ts';
import { float32Tensor, float32View } from '../../../server/core/tensor.ts';
import { EnsembleLane } from '../../../server/flow/ensemble.ts';
import { checkEnsemble } from '../../../server/flow/ensemble-check.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeLane } from '../../support/fake-lane.ts';

const tensor = (name: string, dims = [1], data_type = 'TYPE_FP32'): object => ({ name, data_type, dims });
const step = (model_name: string, input_map: object, output_map: object): object =>
  ({ model_name, input_map, output_map });
const MS = 1000;

/** y = 2a + 3a, the two at once, then b + c. */
const DIAMOND = [
  step('add', { a: 'two', b: 'three' }, { y: 'sum' }), // steps may stand in any order
  step('twice', { a: 'x' }, { y: 'two' }), step('thrice', { a: 'x' }, { y: 'three' }),
];

function configJson(steps: readonly object[], more: object = {}): object {
  return {
    platform: 'ensemble', max_batch_size: 4, input: [tensor('x')], output: [tensor('sum')],
    ensemble_scheduling: { step: steps }, ...more,
  };
}

/** Models whose runs the test lets go on. */
function setup(more: object = {}) {
  const clock = new FakeClock();
  const spec = (name: string) => ({ name, datatype: 'FP32' as const, dims: [1] });
  const numbers = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);
  const model = (name: string, of: (...values: number[]) => number, inputs = ['a']): FakeLane => {
    const lane = new FakeLane({
      name, inputs: inputs.map(spec), outputs: [spec('y')], rowsMax: 4,
      row: (from, [to]) => {
        const y = of(...from.map((bytes) => numbers(bytes)[0] as number));
        to!.set(new Uint8Array(Float32Array.of(y).buffer));
      },
    });
    lane.prompt = false;
    return lane;
  };
  const lanes: Record<string, FakeLane> = {
    twice: model('twice', (a) => 2 * a), thrice: model('thrice', (a) => 3 * a),
    add: model('add', (a, b) => a + b, ['a', 'b']),
  };
  let turn: (() => void)[] = [];
  const ensemble = new EnsembleLane({
    config: parseConfig(configJson(DIAMOND, more), 'e'), version: '1', clock,
    turnEnd: (run) => void turn.push(run),
    laneOf: ({ model_name }) => {
      const lane = lanes[model_name];
      if (!lane) throw new ServeError('model_not_ready', model_name);
      return lane;
    },
    troubleOf: ({ model_name }) => (lanes[model_name] ? undefined : `${model_name} is gone`),
  });
  const told: (number[] | string)[] = [];
  const ask = (values: readonly number[], asked: Partial<InferRequest> = {}): (() => boolean) => {
    const inputs = [float32Tensor('x', [values.length, 1], Float32Array.from(values))];
    return ensemble.start({ model: 'e', inputs, ...asked }, (error, result) =>
      told.push(error ? error.code : [...float32View(result!.outputs[0]!)]));
  };
  const endTurn = (): void => {
    const due = turn;
    turn = [];
    for (const run of due) run();
  };
  const run = (name: string): void => lanes[name]!.runAll();
  return { ask, clock, endTurn, ensemble, lanes, run, told };
}

const waiting = ({ lanes }: ReturnType<typeof setup>): number[] =>
  ['twice', 'thrice', 'add'].map((name) => lanes[name]!.waiting.length);

suite('EnsembleLane', () => {
  test('steps run when they have their inputs, and at once where they can', () => {
    const world = setup();
    world.ask([1, 10]);
    assert.deepEqual(waiting(world), [1, 1, 0]);
    world.run('twice');
    assert.deepEqual(waiting(world), [0, 1, 0]);
    world.run('thrice');
    assert.deepEqual(waiting(world), [0, 0, 1]);
    world.run('add');

    assert.deepEqual(world.told, [[5, 50]]);
    const { answered, phases } = world.ensemble.stats;
    assert.deepEqual([answered, phases.successes, phases.rows], [1, 1, 2]);
  });

  test('every step has what is left of the deadline, and the priority', () => {
    const world = setup();
    const { clock, lanes } = world;
    world.ask([1], { deadlineMs: 100, priority: 2 });
    clock.advance(30 * MS);
    world.run('twice');
    world.run('thrice');

    for (const name of ['add']) {
      const [job] = lanes[name]!.waiting;
      assert.deepEqual([job?.deadlineUs, job?.priority], [100 * MS, 2]);
    }
  });

  test('a deadline that passes between steps fails the request, and starts no more', () => {
    const world = setup();
    world.ask([1], { deadlineMs: 10 });
    world.clock.advance(10 * MS);
    world.run('twice');
    world.run('thrice');

    assert.deepEqual([world.told, waiting(world)], [['deadline'], [0, 0, 0]]);
  });

  test('the first step that fails fails the request; what waits is given up', () => {
    const world = setup();
    world.ask([1]);
    const [job] = world.lanes['twice']!.waiting.splice(0);
    job!.onSettled(job!, new ServeError('backend', 'cut short'));

    assert.deepEqual([world.told, waiting(world)], [['backend'], [0, 0, 0]]);
    assert.equal(world.ensemble.runningRows, 0);
  });

  test('a step that is gone, or full, is told in its own words', () => {
    const world = setup();
    delete world.lanes['add'];
    world.ask([1]);
    world.run('twice');
    world.run('thrice');
    assert.deepEqual([world.told, world.ensemble.trouble], [['model_not_ready'], 'add is gone']);

    const { lanes } = world;
    while (lanes['thrice']!.take(1));
    assert.throws(() => world.ask([1]), { code: 'overloaded' });
    assert.deepEqual([lanes['twice']!.waiting.length, world.ensemble.runningRows], [0, 0]);
  });

  test('a request that is given up ends so once, and its steps are', () => {
    const world = setup();
    const cancel = world.ask([1]);

    assert.deepEqual([cancel(), cancel()], [true, false]);
    world.endTurn();

    assert.deepEqual([world.told, waiting(world)], [['cancelled'], [0, 0, 0]]);
  });

  test('closing waits for what is under way, then refuses it', async () => {
    const world = setup();
    world.ask([1]);
    world.ask([2]);
    const closed = world.ensemble.close(50);
    assert.throws(() => world.ask([3]), { code: 'draining' });
    for (const name of ['twice', 'thrice']) world.run(name);
    world.run('add');
    await closed;
    assert.deepEqual(world.told, [[5], [10]]);

    const other = setup();
    other.ask([1]);
    const ended = other.ensemble.close(50);
    other.clock.advance(50 * MS);
    other.endTurn();
    await ended;
    assert.deepEqual(other.told, ['draining']);
  });

  test('as many requests are under way as the queue holds, and no more', () => {
    const world = setup({ dynamic_batching: { max_queue_size: 4 } });
    for (let i = 0; i < 4; i += 1) world.ask([i]);

    assert.throws(() => world.ask([4]), { code: 'overloaded' });
  });
});

suite('The steps of an ensemble', () => {
  test('come in an order in which each has its inputs', () => {
    const { ensemble = [] } = parseConfig(configJson(DIAMOND), 'e');

    assert.deepEqual(ensemble.map(({ model_name }) => model_name), ['twice', 'thrice', 'add']);
  });

  const twice = step('twice', { a: 'x' }, { y: 'two' });
  for (const [what, steps, message] of [
    ['a circle', [step('a', { a: 'x', b: 'q' }, { y: 'p' }), step('b', { a: 'p' }, { y: 'q', z: 'sum' })],
      /the steps a, b wait for each other in a circle/],
    ['an input from nowhere', [step('a', { a: 'x', b: 'nowhere' }, { y: 'sum' })],
      /step\[0\]\.input_map .*'nowhere' comes from no input and no step/],
    ['two sources', [twice, step('b', { a: 'x' }, { y: 'two' })],
      /step\[1\]\.output_map .*'two' has another source/],
    ['an output that is not made', [twice], /output 'sum' comes from no step/],
    ['an unused input', [step('a', { a: 'b' }, { y: 'sum' }), step('c', { a: 'sum' }, { y: 'b' })],
      /input 'x' goes to no step/],
    ['no steps', [], /ensemble_scheduling\.step .*1\.\.64/],
    ['version 0', [{ ...twice, model_version: 0 }], /model_version is 0: must be a version/],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.throws(() => parseConfig(configJson(steps), 'e'), { code: 'bad_argument', message });
    });
  }

  const plain = (more: object): object =>
    ({ platform: 'plain', max_batch_size: 4, input: [tensor('a')], output: [tensor('y')], ...more });
  for (const [what, model, message] of [
    ['another datatype', { input: [tensor('a', [1], 'TYPE_INT32')] },
      /step twice: its input 'a' is TYPE_INT32 \[1\], 'x' is TYPE_FP32 \[1\]/],
    ['another shape', { output: [tensor('y', [2])] }, /output 'sum' is TYPE_FP32 \[1\], .* \[2\]/],
    ['an input that nothing goes to', { input: [tensor('a'), tensor('b')] }, /nothing goes to its input 'b'/],
    ['an input that it has not', { input: [tensor('c')] }, /nothing goes to its input 'c'/],
    ['an output that it has not', { output: [tensor('z')] }, /it has no output 'y'/],
    ['smaller batches', { max_batch_size: 2 }, /max_batch_size is 2, the ensemble's is 4/],
    ['no batches', { max_batch_size: 0 }, /max_batch_size is 0, the ensemble's is 4/],
  ] as const) {
    test(`a model with ${what} does not fit`, () => {
      const steps = [step('twice', { a: 'x' }, { y: 'sum' })];
      const config = parseConfig(configJson(steps), 'e');
      const modelOf = (_: EnsembleStep) => parseConfig(plain(model), 'twice');

      assert.throws(() => checkEnsemble(config, modelOf), { code: 'bad_argument', message });
    });
  }
});
