import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Pace } from '../../../server/core/pace.ts';
import { Caller, Desk, deskAdmits, type DeskLimits } from '../../../server/routes/desk.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LIMITS: DeskLimits = { waitingMax: 8, startedMax: 2, deadlineMs: 100, knownAfter: 1 };

/** A desk whose turns of the event loop, time and ends of work are the test's. */
class DeskWorld {
  readonly clock = new FakeClock();
  readonly desk: Desk;
  readonly pace: Pace;
  readonly started: string[] = [];
  readonly ends: string[] = [];
  readonly #open = new Map<string, () => void>();
  #turns: (() => void)[] = [];

  constructor(limits: Partial<DeskLimits> = {}, private readonly startUs = 0) {
    const nextTurn = (run: () => void): void => void this.#turns.push(run);
    this.pace = new Pace(this.clock, nextTurn, 4000);
    const { clock, pace } = this;
    this.desk = new Desk({ clock, pace, nextTurn, limits: { ...LIMITS, ...limits } });
  }

  /** Work that takes `startUs` to start and ends when it is told to. */
  take(caller: Caller, name: string, deadlineMs?: number): () => boolean {
    try {
      const { done, cancel } = this.desk.take(caller, deadlineMs, () => {
        this.started.push(name);
        this.clock.advance(this.startUs);
        return new Promise<void>((resolve) => this.#open.set(name, resolve));
      });
      const end = (how: string) => (): void => void this.ends.push(`${name} ${how}`);
      done.then(end('done'), (error: { code: string }) => end(error.code)());
      return cancel;
    } catch (error) {
      this.ends.push(`${name} ${(error as { code: string }).code}`);
      return () => false;
    }
  }

  async turn(): Promise<void> {
    for (const run of this.#turns.splice(0)) {
      run();
      await settled();
    }
  }

  async end(name: string): Promise<void> {
    this.#open.get(name)?.();
    await settled();
  }
}

/** After all that has been resolved has run on. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

suite('Desk', () => {
  test('callers take turns, each in its own order, however much one of them asks for', async () => {
    const world = new DeskWorld({ startedMax: 8 });
    const [greedy, other, third] = [new Caller(), new Caller(), new Caller()];
    for (const name of ['a1', 'a2', 'a3', 'a4']) world.take(greedy, name);
    world.take(other, 'b1');
    for (const name of ['c1', 'c2']) world.take(third, name);
    assert.deepEqual(world.started, [], 'nothing starts inside take');
    await world.turn();

    assert.deepEqual(world.started, ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
  });

  test('no more are in flight than may be; the end of one starts the next', async () => {
    const world = new DeskWorld();
    const caller = new Caller();
    for (const name of ['a', 'b', 'c']) world.take(caller, name);
    await world.turn();
    assert.deepEqual(world.started, ['a', 'b']);
    await world.turn();
    assert.equal(world.started.length, 2);
    await world.end('b');
    await world.turn();

    assert.deepEqual(world.started, ['a', 'b', 'c']);
    assert.deepEqual(world.ends, ['b done']);
  });

  test('starting gives way to the sockets after 4 ms of a turn', async () => {
    const world = new DeskWorld({ startedMax: 8 }, 1500);
    const caller = new Caller();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) world.take(caller, name);
    await world.turn();
    assert.equal(world.started.length, 3);
    await world.turn();

    assert.equal(world.started.length, 6);
  });

  test('one more than may wait is refused at once', async () => {
    const world = new DeskWorld({ waitingMax: 3 });
    for (const name of ['a', 'b', 'c', 'd']) world.take(new Caller(), name);
    assert.equal(world.desk.waiting, 3);
    await settled();

    assert.deepEqual(world.ends, ['d overloaded']);
  });

  test('who is expected to wait beyond the deadline is refused, with a hint', async () => {
    const world = new DeskWorld({ startedMax: 1 });
    const caller = new Caller();
    world.take(caller, 'a');
    await world.turn();
    world.clock.advance(40_000);
    await world.end('a'); // one piece takes 40 ms, then
    for (const name of ['b', 'c', 'd', 'e']) world.take(caller, name, 200);
    await world.turn();
    world.take(caller, 'f', 150);
    assert.throws(() => world.desk.take(caller, 150, async () => 1), { code: 'overloaded', retryAfterMs: 208 });
    world.take(caller, 'g', 250);
    world.take(caller, 'h', Infinity);

    assert.equal(world.desk.waiting, 5);
  });

  test('what the first pieces of a cold server cost refuses nobody', async () => {
    const world = new DeskWorld({ startedMax: 1, knownAfter: 2 });
    const caller = new Caller();
    world.take(caller, 'a');
    await world.turn();
    world.clock.advance(90_000);
    await world.end('a');

    for (const name of ['b', 'c', 'd']) world.take(caller, name, 100);
    assert.equal(world.desk.waiting, 3);
    await world.turn();
    world.clock.advance(10_000);
    await world.end('b'); // the mean of the two is 50 ms

    assert.equal(world.desk.expectedUs(caller), 200_000 - 50_000);
  });

  test('whose deadline passes before its turn is told so, and costs nobody a turn', async () => {
    const world = new DeskWorld({ startedMax: 1 });
    const caller = new Caller();
    world.take(caller, 'a');
    await world.turn();
    world.take(caller, 'b', 50);
    world.take(caller, 'c', 500);
    world.clock.advance(60_000);
    await world.end('a');
    await world.turn();

    assert.deepEqual(world.started, ['a', 'c']);
    assert.deepEqual(world.ends, ['a done', 'b deadline']);
  });

  test('work that waits can be given up, work that has started cannot', async () => {
    const world = new DeskWorld({ startedMax: 1 });
    const caller = new Caller();
    const [a, b] = [world.take(caller, 'a'), world.take(caller, 'b')];
    await world.turn();

    assert.equal(a(), false);
    assert.equal(b(), true);
    assert.equal(b(), false);
    assert.equal(world.desk.waiting, 0);
    await world.end('a');
    await world.turn();
    assert.deepEqual(world.started, ['a']);
  });

  test('where all places are taken, who holds the most gives one up for who holds few', async () => {
    const world = new DeskWorld({ waitingMax: 4, startedMax: 1 });
    const [greedy, other] = [new Caller(), new Caller()];
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) world.take(greedy, name);
    for (const name of ['b1', 'b2', 'b3']) world.take(other, name);
    await settled();

    assert.deepEqual(world.ends, ['a5 overloaded', 'b3 overloaded', 'a4 overloaded', 'a3 overloaded']);
    assert.deepEqual([greedy, other].map(({ waiting }) => waiting.length), [2, 2]);
    assert.equal(world.desk.waiting, 4);
  });

  test('a caller with little to do is let in beside one whose own wait is too long', async () => {
    const world = new DeskWorld({ startedMax: 1, waitingMax: 100 });
    const [greedy, other] = [new Caller(), new Caller()];
    world.take(greedy, 'a');
    await world.turn();
    world.clock.advance(10_000);
    await world.end('a'); // one piece takes 10 ms
    for (let at = 0; at < 20; at += 1) world.take(greedy, `a${at}`, 150);
    assert.equal(world.desk.waiting, 15);
    world.take(other, 'b', 30);
    await world.turn();
    await world.end('a0');
    await world.turn();

    assert.deepEqual(world.started, ['a', 'a0', 'b']);
  });

  test('a desk that closes does what it has taken and refuses what comes', async () => {
    const world = new DeskWorld({ startedMax: 1 });
    const caller = new Caller();
    for (const name of ['a', 'b']) world.take(caller, name);
    await world.turn();
    let closed = false;
    void world.desk.close(1000).then(() => (closed = true));
    world.take(caller, 'c');
    await world.end('a');
    await world.turn();
    assert.equal(closed, false);
    await world.end('b');

    assert.equal(closed, true);
    assert.deepEqual(world.ends, ['c draining', 'a done', 'b done']);
  });

  test('what still waits when the time to drain is over is told so', async () => {
    const world = new DeskWorld({ startedMax: 1 });
    const caller = new Caller();
    for (const name of ['a', 'b']) world.take(caller, name, Infinity);
    await world.turn();
    const closed = world.desk.close(1000);
    world.clock.advance(1_000_000);
    await closed;

    assert.deepEqual(world.ends, ['b draining']);
  });

  test('what is let in, at every edge', () => {
    assert.equal(deskAdmits(false, 100, 100), true);
    assert.equal(deskAdmits(false, 101, 100), false);
    assert.equal(deskAdmits(true, 1e9, 100), true, 'an idle desk lets work try');
  });
});

suite('Pace', () => {
  test('what came in one batch goes on a few at a time, in order, a turn apart', async () => {
    const world = new DeskWorld();
    const ran: number[] = [];
    const work = async (value: number): Promise<void> => {
      const turn = world.pace.turn();
      if (turn) await turn;
      ran.push(value);
      world.clock.advance(1500);
    };
    for (let value = 0; value < 8; value += 1) void work(value);
    await settled();
    assert.deepEqual(ran, [0, 1, 2]);
    await world.turn();
    assert.deepEqual(ran, [0, 1, 2, 3, 4, 5]);
    await world.turn();
    assert.deepEqual(ran, [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
