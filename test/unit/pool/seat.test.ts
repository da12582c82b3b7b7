import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Run, RunFailure } from '../../../server/batch/runner.ts';
import { ServeError } from '../../../server/core/errors.ts';
import { Log } from '../../../server/core/log.ts';
import { Slab } from '../../../server/core/slab.ts';
import type {
  KeepingReply, ModelFiles, OpenOrder, Order, RunReply,
} from '../../../server/pool/protocol.ts';
import { Seat, type Thread } from '../../../server/pool/seat.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const RUN_MS_MAX = 500;
const MS = 1000; // microseconds
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A thread whose every order ends when the test says so. */
class FakeThread implements Thread {
  readonly orders: Order[] = [];
  readonly #replies: ((reply: RunReply | KeepingReply | Promise<never>) => void)[] = [];
  stopping = false;
  gone = (): void => {};

  constructor(readonly sheet: Int32Array, readonly died: (cause: Error) => void) {}

  run(order: Order): Promise<RunReply | KeepingReply> {
    this.orders.push(order);
    return new Promise((resolve) => this.#replies.push(resolve));
  }

  reply(reply: RunReply | KeepingReply | Promise<never>): Promise<void> {
    this.#replies.shift()?.(reply);
    return turn();
  }

  stop(): Promise<void> {
    this.stopping = true;
    return new Promise((resolve) => (this.gone = resolve));
  }
}

class FakeRun implements Run {
  inputNs = 0;
  outputNs = 0;
  readonly rows = 2;
  readonly slots = Int32Array.of(7, 3, -1);
  failure: RunFailure | null | undefined; // undefined: has not ended
  held = false;
  free = false;

  ended(failure: RunFailure | null, held = false): void {
    assert.equal(this.failure, undefined, 'a run ends once');
    [this.failure, this.held] = [failure, held];
  }

  released(): void {
    this.free = true;
  }
}

const messageOf = ({ failure }: FakeRun): string =>
  failure instanceof ServeError ? failure.message : '';
const OPENED: KeepingReply = { times: [], openUs: 0 };

function orderOf(lane: number): OpenOrder {
  const files = { folder: '', config: { name: `model-${lane}` } } as unknown as ModelFiles;
  const { memory, layout } = new Slab(1, [4]);
  return { order: 'open', lane, files, memory, layout };
}

/** A seat that should hold lanes 1 to `lanes`; its newest thread is `thread()`. */
function setup(lanes = 1, beforeStart: () => void = () => {}) {
  const clock = new FakeClock();
  const threads: FakeThread[] = [];
  const wanted = new Map<number, OpenOrder>();
  for (let lane = 1; lane <= lanes; lane += 1) wanted.set(lane, orderOf(lane));
  const seat = new Seat({
    number: 0, clock, wanted, runMsMax: RUN_MS_MAX, onIdle: () => {},
    log: new Log('error', () => {}),
    startThread: (sheet, died) => {
      beforeStart();
      threads.push(new FakeThread(new Int32Array(sheet), died));
      return thread();
    },
  });
  const thread = (): FakeThread => threads.at(-1) as FakeThread;
  const open = async (): Promise<void> => {
    const synced = seat.sync();
    await turn();
    for (let lane = 1; lane <= lanes; lane += 1) await thread().reply(OPENED);
    await synced;
  };
  return { clock, seat, threads, thread, wanted, open };
}

suite('Seat', () => {
  test('what is wanted is opened; runs stand on the sheet, one at a time', async () => {
    const { seat, thread, open } = setup(2);
    await open();
    const run = new FakeRun();

    seat.start(2, 'model-2', run);

    assert.equal(thread().orders.at(-1), 2);
    assert.deepEqual([...thread().sheet.subarray(0, 3)], [2, 7, 3]);
    assert.deepEqual([seat.takes(1), seat.takes(2), seat.runs(2)], [false, false, true]);
    await thread().reply(null);
    assert.deepEqual([run.failure, seat.takes(1), seat.runs(2)], [null, true, false]);
  });

  test('a failure that the thread survives is its run\'s alone', async () => {
    const { seat, threads, thread, open } = setup();
    await open();
    const run = new FakeRun();
    seat.start(1, 'model-1', run);

    await thread().reply('no such axis');

    assert.ok(run.failure instanceof ServeError && run.failure.code === 'backend');
    assert.match(messageOf(run), /model-1: no such axis/);
    assert.deepEqual([run.held, seat.takes(1), threads.length], [false, true, 1]);
  });

  test('rows that failed are reported by their places, each with its own message', async () => {
    const { seat, thread, open } = setup();
    await open();
    const run = new FakeRun();
    seat.start(1, 'model-1', run);

    await thread().reply([{ row: 1, message: 'no such item' }]);

    assert.ok(run.failure instanceof Map);
    assert.deepEqual([...run.failure.keys()], [1]);
    assert.match(run.failure.get(1)?.message ?? '', /^the runtime failed: model-1: no such item$/);
    assert.equal(seat.takes(1), true);
  });

  test('a dead thread fails its run; slots and a new one come when it is gone', async () => {
    const { seat, threads, thread, open } = setup();
    await open();
    const run = new FakeRun();
    seat.start(1, 'model-1', run);

    thread().died(new Error('out of memory'));
    await turn();

    assert.match(messageOf(run), /model-1: the worker was lost: out of memory/);
    assert.deepEqual([run.held, run.free, threads.length, seat.takes(1)], [true, false, 1, false]);
    thread().gone();
    await turn();
    assert.deepEqual([run.free, threads.length], [true, 2]);
    await thread().reply(OPENED);
    assert.equal(seat.takes(1), true);
  });

  test('a run that takes longer than it may ends its thread, and not before', async () => {
    const { clock, seat, thread, open } = setup();
    await open();
    seat.start(1, 'model-1', new FakeRun());
    clock.advance((RUN_MS_MAX - 1) * MS);
    await thread().reply(null);
    const run = new FakeRun();
    seat.start(1, 'model-1', run);

    clock.advance((RUN_MS_MAX - 1) * MS);
    assert.equal(run.failure, undefined);
    clock.advance(1 * MS);

    assert.match(messageOf(run), /a run took longer than 500 ms/);
    assert.equal(thread().stopping, true);
  });

  test('threads that fall in a row are replaced ever later, up to ten seconds', async () => {
    const { clock, seat, threads, thread, open } = setup();
    await open();
    const fall = async (): Promise<void> => {
      thread().died(new Error('again'));
      thread().gone();
      await turn();
    };
    await fall();
    assert.equal(threads.length, 2); // the first fall may have been chance

    for (const ms of [50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
      const before: number = threads.length;
      await thread().reply(OPENED);
      await fall();
      clock.advance(ms * MS - 1);
      await turn();
      assert.equal(threads.length, before, `${ms} ms are not over`);
      clock.advance(1);
      await turn();
      assert.equal(threads.length, before + 1, `${ms} ms are over`);
    }

    await thread().reply(OPENED);
    seat.start(1, 'model-1', new FakeRun());
    await thread().reply(null);
    const fallen = threads.length;
    await fall();
    assert.equal(threads.length, fallen + 1); // a run went well: no wait
  });

  test('a lane that cannot be opened says why and is not tried again until forgiven', async () => {
    const { seat, thread, wanted } = setup(2);
    const synced = seat.sync();
    await turn();
    await thread().reply({ error: 'no such file' });
    await thread().reply(OPENED);
    await synced;

    assert.deepEqual([seat.trouble(1), seat.trouble(2)], ['no such file', undefined]);
    assert.deepEqual([seat.takes(1), seat.takes(2)], [false, true]);
    await seat.sync();
    assert.equal(thread().orders.length, 2);
    seat.forgive(1);
    const again = seat.sync();
    await turn();
    await thread().reply(OPENED);
    await again;
    assert.equal(seat.takes(1), true);

    wanted.delete(1);
    const closing = seat.sync();
    await turn();
    assert.deepEqual(thread().orders.at(-1), { order: 'close', lane: 1 });
    await thread().reply(OPENED);
    await closing;
    assert.equal(seat.takes(1), false);
  });

  test('opened apart, a lane stops nobody: a second thread takes the place of the first', async () => {
    const { seat, threads, wanted, open } = setup();
    await open();
    wanted.set(2, orderOf(2));
    const synced = seat.sync(true);
    await turn();
    const [first, second] = threads as [FakeThread, FakeThread];
    const run = new FakeRun();

    await second.reply(OPENED); // lane 1 as well
    assert.deepEqual([seat.takes(1), seat.takes(2)], [true, false]);
    seat.start(1, 'model-1', run); // while lane 2 opens
    await second.reply(OPENED);
    assert.deepEqual([seat.runs(1), first.stopping], [true, false]);
    await first.reply(null);
    await synced;

    assert.deepEqual([run.failure, first.stopping, second.stopping], [null, true, false]);
    assert.deepEqual([seat.takes(1), seat.takes(2), threads.length], [true, true, 2]);
    seat.start(2, 'model-2', new FakeRun());
    assert.equal(second.orders.at(-1), 2);
  });

  test('a second thread that cannot hold all gives up, and the lane is opened here', async () => {
    const { seat, threads, wanted, open } = setup();
    await open();
    wanted.set(2, orderOf(2));
    const synced = seat.sync(true);
    await turn();
    const [first, second] = threads as [FakeThread, FakeThread];

    await second.reply({ error: 'the file of lane 1 is gone' });
    assert.deepEqual([second.stopping, seat.takes(1)], [true, true]);
    second.gone();
    await turn();
    assert.equal(first.orders.length, 2);
    await first.reply(OPENED);
    await synced;

    assert.deepEqual([seat.takes(1), seat.takes(2), first.stopping], [true, true, false]);
  });

  test('a thread that dies while its successor opens fails its run; the successor goes on', async () => {
    const { seat, threads, wanted, open } = setup();
    await open();
    wanted.set(2, orderOf(2));
    const synced = seat.sync(true);
    await turn();
    const [first, second] = threads as [FakeThread, FakeThread];
    const run = new FakeRun();
    seat.start(1, 'model-1', run);

    await first.reply(Promise.reject(new Error('gone')));
    assert.match(messageOf(run), /the worker was lost: gone/);
    first.gone();
    await second.reply(OPENED);
    await second.reply(OPENED);
    await synced;

    assert.deepEqual([seat.takes(1), seat.takes(2), threads.length], [true, true, 2]);
  });

  test('closing ends a thread that is still opening its lanes', async () => {
    const { seat, threads, open } = setup();
    await open();
    const synced = seat.sync(true);
    await turn();
    const [first, second] = threads as [FakeThread, FakeThread];

    const closed = seat.close();
    assert.deepEqual([first.stopping, second.stopping], [true, true]);
    first.gone();
    second.gone();
    await second.reply(Promise.reject(new Error('stopped')));
    second.gone();
    await Promise.all([closed, synced]);

    assert.equal(threads.length, 2);
  });

  test('a lane that could not be opened is tried again, ever later, until it opens', async () => {
    const { clock, seat, thread } = setup();
    const synced = seat.sync();
    await turn();
    await thread().reply({ error: 'no such file' });
    await synced;

    for (const ms of [1000, 2000, 4000]) {
      const { length } = thread().orders;
      clock.advance(ms * MS - 1);
      await turn();
      assert.equal(thread().orders.length, length, `${ms} ms are not over`);
      clock.advance(1);
      await turn();
      assert.equal(thread().orders.length, length + 1, `${ms} ms are over`);
      assert.equal(seat.trouble(1), 'no such file');
      await thread().reply({ error: 'no such file' });
    }
    clock.advance(8000 * MS);
    await turn();
    await thread().reply(OPENED);

    assert.deepEqual([seat.trouble(1), seat.takes(1)], [undefined, true]);
  });

  test('a thread that cannot be started is tried again, ever later', async () => {
    const refusals = [true, true, true, false];
    const { clock, seat, threads, thread } = setup(1, () => {
      if (refusals.shift()) throw new Error('EAGAIN');
    });
    await seat.sync(); // it settles: nobody is left waiting
    await turn();
    assert.equal(refusals.length, 2); // the second try comes at once
    clock.advance(50 * MS);
    await turn();
    assert.equal(refusals.length, 1);
    clock.advance(100 * MS);
    await turn();

    assert.equal(threads.length, 1);
    await thread().reply(OPENED);
    assert.equal(seat.takes(1), true);
  });

  test('a closed seat fails its run and starts no thread again', async () => {
    const { clock, seat, threads, thread, wanted, open } = setup();
    await open();
    const run = new FakeRun();
    seat.start(1, 'model-1', run);

    const closed = seat.close();
    thread().gone();
    await closed;
    clock.advance(60_000 * MS);
    await turn();

    assert.match(messageOf(run), /the pool is closed/);
    assert.deepEqual([run.free, threads.length], [true, 1]);
    const { files } = wanted.get(1) as OpenOrder;
    await assert.rejects(seat.try({ order: 'try', files, timed: true }, 'm'), /the worker has died/);
  });
});
