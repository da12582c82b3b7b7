import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { InferSettled } from '../../../server/batch/infer.ts';
import { type FailureCode, ServeError } from '../../../server/core/errors.ts';
import type { InferRequest, InferResult } from '../../../server/core/inference.ts';
import { Prng } from '../../../server/core/prng.ts';
import { float32Tensor, float32View } from '../../../server/core/tensor.ts';
import { AnswerStore } from '../../../server/flow/answer-store.ts';
import { requestKey } from '../../../server/flow/request-key.ts';
import { ResponseCache } from '../../../server/flow/response-cache.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const S = 1_000_000;

function ask(x: number, more: Partial<InferRequest> = {}): InferRequest {
  return { model: 'm', inputs: [float32Tensor('x', [1, 1], Float32Array.of(x))], ...more };
}

/** y = 2x, when the test ends the run. */
function setup({ ttlUs = Infinity, bytesMax = 1e6 } = {}) {
  const clock = new FakeClock();
  const store = new AnswerStore(clock, bytesMax);
  const runs: { request: InferRequest; settled: InferSettled; cancelled: boolean }[] = [];
  let turn: (() => void)[] = [];
  let refuses: ServeError | null = null;
  const cache = new ResponseCache({
    store, ttlUs, clock, turnEnd: (run) => void turn.push(run),
    run: (request, settled) => {
      if (refuses) throw refuses;
      const run = { request, settled, cancelled: false };
      runs.push(run);
      return () => (run.cancelled = true);
    },
  });
  const told: string[] = [];
  const start = (name: string, request: InferRequest): (() => boolean) =>
    cache.start(request, (error, result) => {
      const y = result ? float32View(result.outputs[0]!)[0] : error?.code;
      told.push(`${name} ${y}${result?.timing.cached ? ' cached' : ''}`);
    });
  const end = (at: number, code?: FailureCode): void => {
    const { request, settled } = runs[at]!;
    if (code) return settled(new ServeError(code), null);
    const [x] = float32View(request.inputs[0]!);
    settled(null, answerOf(2 * x!));
  };
  const endTurn = (): void => {
    const due = turn;
    turn = [];
    for (const run of due) run();
  };
  const take = (): string[] => told.splice(0);
  return { cache, clock, end, endTurn, refuse: (e: ServeError) => (refuses = e), runs, start, store, take };
}

function answerOf(y: number): InferResult {
  return {
    model: 'm', version: '1', outputs: [float32Tensor('y', [1, 1], Float32Array.of(y))],
    timing: { queueUs: 5, runUs: 7, batchRows: 3, batchReason: 'idle' },
  };
}

suite('ResponseCache', () => {
  test('the same question runs once; another runs for itself', () => {
    const { cache, end, endTurn, runs, start, take } = setup();
    start('a', ask(1));
    end(0);
    start('b', ask(1));
    assert.deepEqual(take(), ['a 2'], 'never inside the call');
    endTurn();
    start('c', ask(2));
    end(1);

    assert.deepEqual(take(), ['b 2 cached', 'c 4']);
    assert.equal(runs.length, 2);
    const { hits, misses, joined } = cache.sums;
    assert.deepEqual([hits, misses, joined], [1, 2, 0]);
  });

  test('those that come while it runs wait for its answer: one run for all of them', () => {
    const { cache, end, runs, start, take } = setup();
    for (const name of ['a', 'b', 'c']) start(name, ask(1));
    assert.equal(runs.length, 1);

    end(0);

    assert.deepEqual(take(), ['a 2', 'b 2 cached', 'c 2 cached']);
    assert.deepEqual([cache.sums.hits, cache.sums.joined, cache.sums.misses], [2, 2, 1]);
  });

  test('a run that fails fails all who wait for it, and nothing is kept', () => {
    const { end, runs, start, store, take } = setup();
    start('a', ask(1));
    start('b', ask(1));
    end(0, 'backend');

    assert.deepEqual(take(), ['a backend', 'b backend']);
    start('c', ask(1));
    assert.deepEqual([runs.length, store.entries], [2, 0]);
  });

  test('the first one\'s deadline is its own: the next runs in its place, with its own', () => {
    const { clock, end, runs, start, take } = setup();
    start('a', ask(1, { deadlineMs: 10 }));
    clock.advance(4000);
    start('b', ask(1, { deadlineMs: 100 }));
    start('c', ask(1));
    clock.advance(6000);
    end(0, 'deadline');

    assert.deepEqual([take(), runs.length, runs[1]?.request.deadlineMs], [['a deadline'], 2, 94]);
    end(1);
    assert.deepEqual(take(), ['b 2', 'c 2 cached']);
  });

  test('who waits for another\'s run has its own deadline', () => {
    const { clock, end, start, take } = setup();
    start('a', ask(1));
    start('b', ask(1, { deadlineMs: 10 }));
    clock.advance(10_000);
    assert.deepEqual(take(), ['b deadline']);

    end(0);

    assert.deepEqual(take(), ['a 2']);
  });

  test('who leaves, leaves alone: its run too, and the next of them runs', () => {
    const { cache, end, endTurn, runs, start, take } = setup();
    const leaveA = start('a', ask(1));
    const [leaveB] = [start('b', ask(1)), start('c', ask(1))];

    assert.equal(leaveA(), true);
    end(0, 'cancelled'); // as its lane says
    assert.deepEqual([take(), runs[0]?.cancelled, runs.length], [['a cancelled'], true, 2]);
    assert.equal(leaveB(), true);
    end(1, 'cancelled');
    end(2);
    endTurn();

    assert.deepEqual(take(), ['b cancelled', 'c 2']);
    assert.deepEqual([leaveA(), leaveB(), cache.sums.misses, cache.sums.hits], [false, false, 3, 0]);
  });

  test('who leaves another\'s run costs it nothing, and is counted here: no lane knows of it', () => {
    const { cache, end, endTurn, runs, start, take } = setup();
    start('a', ask(1));
    const leaveB = start('b', ask(1));

    assert.equal(leaveB(), true);
    endTurn();
    end(0);

    assert.deepEqual([take(), runs.length], [['b cancelled', 'a 2'], 1]);
    assert.deepEqual([cache.sums.failed, cache.sums.hits], [{ cancelled: 1 }, 0]);
  });

  test('a hit may be given up before its turn ends', () => {
    const { end, endTurn, start, take } = setup();
    start('a', ask(1));
    end(0);
    const leave = start('b', ask(1));

    assert.deepEqual([leave(), leave()], [true, false]);
    endTurn();

    assert.deepEqual(take(), ['a 2', 'b cancelled']);
  });

  test('a full queue is its own as well, and refused at once where nobody waits', () => {
    const { refuse, start, store } = setup();
    refuse(new ServeError('overloaded'));

    assert.throws(() => start('a', ask(1)), { code: 'overloaded' });
    assert.throws(() => start('a', ask(1)), { code: 'overloaded' });
    assert.equal(store.entries, 0);
  });

  test('an answer is kept for its time, and not a moment longer', () => {
    const { clock, end, endTurn, runs, start, take } = setup({ ttlUs: 60 * S });
    start('a', ask(1));
    end(0);
    clock.advance(60 * S - 1);
    start('b', ask(1));
    endTurn();
    clock.advance(1);
    start('c', ask(1));

    assert.deepEqual([take(), runs.length], [['a 2', 'b 2 cached'], 2]);
  });

  test('cleared, it knows nothing, not even what runs now', () => {
    const { cache, end, endTurn, runs, start, store, take } = setup();
    start('a', ask(1));
    end(0);
    start('b', ask(2));
    cache.clear();
    end(1);
    assert.equal(store.entries, 0);

    start('c', ask(1));
    endTurn();

    assert.deepEqual([take(), runs.length], [['a 2', 'b 4'], 3]);
  });

  test('ten thousand seeded requests get the right answers, and every lookup is counted', () => {
    const prng = new Prng(9);
    const world = setup({ ttlUs: 500, bytesMax: 10_000 });
    const wanted: string[] = [];
    let ended = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const x = prng.below(60);
      world.start(`${i}`, ask(x));
      wanted.push(`${i} ${2 * x}`);
      if (prng.below(3) === 0) world.clock.advance(prng.below(50));
      while (ended < world.runs.length && prng.below(4) > 0) world.end(ended++);
      if (prng.below(5) === 0) world.endTurn();
    }
    while (ended < world.runs.length) world.end(ended++);
    world.endTurn();

    const told = world.take().map((line) => line.replace(' cached', ''));
    assert.deepEqual(new Set(told), new Set(wanted), 'seed 9');
    const { hits, misses } = world.cache.sums;
    assert.deepEqual([hits + misses, misses], [10_000, world.runs.length]);
    assert.ok(hits > 1000 && world.store.bytes <= 10_000 && world.store.evicted > 0);
  });
});

suite('The key of a request', () => {
  test('is the same for the same said in another order, and for nothing else', () => {
    const x = float32Tensor('x', [1, 2], Float32Array.of(1, 2));
    const y = float32Tensor('y', [1, 2], Float32Array.of(1, 2));
    const key = (more: Partial<InferRequest>): string => requestKey({ model: 'm', inputs: [x], ...more });

    assert.equal(key({ inputs: [x, y] }), key({ inputs: [y, x] }));
    const others = [
      key({}), key({ inputs: [y] }), key({ inputs: [x, y] }), key({ outputs: ['a'] }),
      key({ outputs: ['a', 'b'] }), key({ inputs: [{ ...x, shape: [2, 1] }] }),
      key({ inputs: [{ ...x, datatype: 'INT32' }] }),
      key({ inputs: [float32Tensor('x', [1, 2], Float32Array.of(1, 3))] }),
      key({ inputs: [float32Tensor('x', [1, 2000], new Float32Array(2000))] }),
      key({ inputs: [float32Tensor('x', [1, 2000], new Float32Array(2000).fill(1))] }),
    ];
    assert.equal(new Set(others).size, others.length);
    assert.ok(others.every((one) => one.length < 5000));
  });
});

suite('AnswerStore', () => {
  test('the answer that was not asked for longest makes room', () => {
    const { store } = setup({ bytesMax: 1000 });
    const owner = {};
    for (const key of ['a', 'b']) store.put(owner, key, answerOf(1), Infinity);
    assert.equal(store.entries, 2);
    assert.ok(store.get(owner, 'a'));

    store.put(owner, 'c', answerOf(1), Infinity);

    assert.deepEqual(['a', 'b', 'c'].map((key) => store.get(owner, key) !== null), [true, false, true]);
    assert.deepEqual([store.entries, store.evicted], [2, 1]);
    store.drop(owner);
    assert.deepEqual([store.entries, store.bytes], [0, 0]);
  });

  test('an answer larger than the whole budget is not kept, and moves nothing', () => {
    const { store } = setup({ bytesMax: 100 });
    store.put({}, 'a', answerOf(1), Infinity);

    assert.deepEqual([store.entries, store.bytes], [0, 0]);
  });
});
