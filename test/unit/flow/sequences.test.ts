import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { InferSettled } from '../../../server/batch/infer.ts';
import { parseConfig } from '../../../server/catalog/parse-config.ts';
import { type FailureCode, ServeError } from '../../../server/core/errors.ts';
import type { InferRequest } from '../../../server/core/inference.ts';
import { Prng } from '../../../server/core/prng.ts';
import { float32Tensor, float32View } from '../../../server/core/tensor.ts';
import { Sequences } from '../../../server/flow/sequences.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const MS = 1000;
const tensor = (name: string): object => ({ name, data_type: 'TYPE_FP32', dims: [1] });
const CONFIG = {
  platform: 'plain', max_batch_size: 8, input: [tensor('x')], output: [tensor('y')],
  sequence_batching: {
    max_sequence_idle_microseconds: 50 * MS,
    control_input: [
      { name: 'START', control: [{ kind: 'CONTROL_SEQUENCE_START', int32_false_true: [0, 1] }] },
      { name: 'ID', control: [{ kind: 'CONTROL_SEQUENCE_CORRID', data_type: 'TYPE_UINT64' }] },
    ],
    state: [{ input_name: 'sum', output_name: 'sum_out', data_type: 'TYPE_FP32', dims: [1] }],
  },
};

/** y is the sum of the sequence's x; runs end when the test says so. */
function setup({ sequencesMax = 2 } = {}) {
  const clock = new FakeClock();
  let turn: (() => void)[] = [];
  const runs: { request: InferRequest; settled: InferSettled }[] = [];
  const config = parseConfig(CONFIG, 'm');
  const sequences = new Sequences({
    config, clock, sequencesMax, turnEnd: (run) => void turn.push(run),
    run: (request, settled) => {
      const run = { request, settled };
      runs.push(run);
      return () => {
        runs.splice(runs.indexOf(run), 1);
        turn.push(() => settled(new ServeError('cancelled'), null));
        return true;
      };
    },
  });
  const told: string[] = [];
  /** `name`: what is told of it. `flags`: s for the start, e for the end. */
  const ask = (
    name: string, id: string, x: number, flags = '', more: Partial<InferRequest> = {},
  ): (() => boolean) => {
    const sequence = { id, start: flags.includes('s'), end: flags.includes('e') };
    const inputs = [float32Tensor('x', [1, 1], Float32Array.of(x))];
    return sequences.start({ model: 'm', inputs, sequence, ...more }, (error, result) => {
      const outputs = result?.outputs.map((one) => `${one.name}=${float32View(one)[0]}`).join();
      told.push(`${name} ${error?.code ?? outputs}`);
    });
  };
  const end = (code?: FailureCode): void => {
    const { request, settled } = runs.shift()!;
    if (code) return settled(new ServeError(code), null);
    const value = (name: string): number =>
      float32View(request.inputs.find((input) => input.name === name)!)[0]!;
    const sum = Float32Array.of(value('x') + value('sum'));
    settled(null, {
      model: 'm', version: '1',
      outputs: [float32Tensor('y', [1, 1], sum), float32Tensor('sum_out', [1, 1], sum)],
      timing: { queueUs: 0, runUs: 0, batchRows: 1, batchReason: 'idle' },
    });
  };
  const endTurn = (): void => {
    const due = turn;
    turn = [];
    for (const run of due) run();
  };
  return { ask, clock, end, endTurn, runs, sequences, take: () => told.splice(0) };
}

suite('Sequences', () => {
  test('requests of one run one after the other, each with the state of the one before', () => {
    const { ask, end, runs, sequences, take } = setup();
    ask('a', '7', 1, 's');
    ask('b', '7', 2);
    ask('c', '7', 3, 'e');
    assert.equal(runs.length, 1);
    for (let i = 0; i < 3; i += 1) end();

    assert.deepEqual(take(), ['a y=1', 'b y=3', 'c y=6']);
    assert.deepEqual(sequences.counts, { active: 0, backlog: 0 });
  });

  test('different ones run at once, each with a state of its own', () => {
    const { ask, end, runs, take } = setup();
    ask('a', '1', 10, 's');
    ask('b', '2', 20, 's');
    assert.equal(runs.length, 2);
    for (const name of ['c', 'd']) ask(name, name === 'c' ? '1' : '2', 1);
    for (let i = 0; i < 4; i += 1) end();

    assert.deepEqual(take(), ['a y=10', 'b y=20', 'c y=11', 'd y=21']);
  });

  test('the model is told where a request stands', () => {
    const { ask, end, runs } = setup();
    const control = (name: string): Uint8Array =>
      runs[0]!.request.inputs.find((input) => input.name === name)!.data;
    ask('a', '18446744073709551615', 1, 's');
    assert.deepEqual([...control('START')], [1, 0, 0, 0]);
    assert.deepEqual([...control('ID')], Array(8).fill(255));
    end();
    ask('b', '18446744073709551615', 1);

    assert.deepEqual([...control('START')], [0, 0, 0, 0]);
  });

  test('more than have a place wait for one to end', () => {
    const { ask, end, runs, sequences, take } = setup();
    for (const id of ['1', '2', '3', '4']) ask(id, id, Number(id), 's');
    assert.deepEqual([runs.length, sequences.counts], [2, { active: 2, backlog: 2 }]);
    ask('1 end', '1', 0, 'e');
    ask('3 more', '3', 3);
    end();
    end();
    assert.deepEqual([take(), runs.length], [['1 y=1', '2 y=2'], 1]);
    end();
    assert.deepEqual([take(), sequences.counts], [['1 end y=1'], { active: 2, backlog: 1 }]);
    end();
    end();

    assert.deepEqual(take(), ['3 y=3', '3 more y=6']);
  });

  test('one of which nothing comes for too long ends, and makes place', () => {
    const { ask, clock, end, runs, sequences, take } = setup({ sequencesMax: 1 });
    ask('a', '1', 1, 's');
    end();
    clock.advance(30 * MS);
    ask('b', '1', 1);
    end();
    ask('c', '2', 5, 's');
    assert.equal(runs.length, 0);
    clock.advance(49 * MS);
    assert.equal(runs.length, 0);
    clock.advance(1 * MS);
    end();

    assert.deepEqual([take(), sequences.counts.active], [['a y=1', 'b y=2', 'c y=5'], 1]);
    assert.throws(() => ask('d', '1', 1), /sequence 1 to model 'm' must specify the START flag/);
  });

  test('a request that fails leaves the state as it was', () => {
    const { ask, end, take } = setup();
    ask('a', '1', 1, 's');
    ask('b', '1', 2);
    ask('c', '1', 4);
    end();
    end('backend');
    end();

    assert.deepEqual(take(), ['a y=1', 'b backend', 'c y=5']);
  });

  test('a start begins anew; what comes after an end needs one', () => {
    const { ask, end, take } = setup();
    ask('a', '1', 1, 's');
    ask('b', '1', 2, 's');
    ask('c', '1', 3, 'e');
    ask('d', '1', 4);
    ask('e', '1', 5, 's');
    for (let i = 0; i < 4; i += 1) end();

    assert.deepEqual(take(), ['a y=1', 'b y=2', 'c y=5', 'd bad_argument', 'e y=5']);
  });

  test('deadlines and leaving, while it waits and while it runs', () => {
    const { ask, clock, end, endTurn, runs, take } = setup();
    ask('a', '1', 1, 's');
    ask('b', '1', 2, '', { deadlineMs: 10 });
    const leave = ask('c', '1', 3);
    ask('d', '1', 4, '', { deadlineMs: 40 });
    clock.advance(10 * MS);
    assert.deepEqual([leave(), leave()], [true, false]);
    endTurn();
    end();
    assert.equal(runs[0]?.request.deadlineMs, 30);
    const running = ask('e', '1', 8);
    end();
    assert.equal(running(), true);
    endTurn();

    assert.deepEqual(take(), ['b deadline', 'c cancelled', 'a y=1', 'd y=5', 'e cancelled']);
  });

  test('what Triton refuses is refused', () => {
    const { ask, sequences } = setup();
    const inputs = [float32Tensor('x', [2, 1], Float32Array.of(1, 2))];
    assert.throws(() => sequences.start({ model: 'm', inputs }, () => {}),
      /must specify a non-zero or non-empty correlation ID/);
    assert.throws(() => ask('a', '1', 1, 's', { inputs }), /must specify batch-size 1/);
    assert.throws(() => ask('a', '1', 1), /must specify the START flag/);
  });

  test('closing waits for what waits, and refuses what waits for too long', async () => {
    const { ask, clock, end, sequences, take } = setup();
    ask('a', '1', 1, 's');
    ask('b', '1', 2);
    const closed = sequences.close(20);
    assert.throws(() => ask('c', '1', 3), { code: 'draining' });
    clock.advance(20 * MS);
    end();
    await closed;

    assert.deepEqual(take(), ['b draining', 'a y=1']);
  });

  test('seeded sequences that come in any mixture have the sums of plain loops', () => {
    const prng = new Prng(5);
    const { ask, end, runs, take } = setup({ sequencesMax: 3 });
    const wanted: string[] = [];
    const sums = new Map<number, number>();
    for (let i = 0; i < 3000; i += 1) {
      const id = prng.below(8);
      const before = sums.get(id);
      const [x, last] = [prng.below(10), before !== undefined && prng.below(4) === 0];
      ask(`${i}`, `s${id}`, x, `${before === undefined ? 's' : ''}${last ? 'e' : ''}`);
      wanted.push(`${i} y=${(before ?? 0) + x}`);
      if (last) sums.delete(id);
      else sums.set(id, (before ?? 0) + x);
      while (runs.length > 0 && prng.below(3) > 0) end();
    }
    for (let i = 0; i < 8; i += 1) if (sums.has(i)) ask('end', `s${i}`, 0, 'e');
    while (runs.length > 0) end();

    const told = take().filter((line) => !line.startsWith('end'));
    assert.deepEqual(new Set(told), new Set(wanted), 'seed 5');
  });
});
