import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { parseResources, RateLimiter, type Ticket } from '../../../server/pool/rate-limiter.ts';

/** Models that always have something to run, and start it as soon as they may. */
class Model {
  readonly ticket: Ticket;
  runs = 0;
  inFlight = 0;
  busy = true;

  constructor(private readonly limiter: RateLimiter, need: Record<string, number>, priority = 1) {
    const resources = Object.entries(need).map(([name, count]) => ({ name, count }));
    this.ticket = limiter.join({ resources, priority }, () => this.pump());
  }

  pump(): void {
    while (this.busy && this.limiter.admits(this.ticket)) {
      this.limiter.take(this.ticket);
      this.runs += 1;
      this.inFlight += 1;
    }
  }

  end(): void {
    this.inFlight -= 1;
    this.limiter.giveBack(this.ticket);
  }
}

suite('RateLimiter', () => {
  test('runs share what there is, and no more', () => {
    const limiter = new RateLimiter(parseResources('R:5'));
    const [a, b] = [new Model(limiter, { R: 2 }), new Model(limiter, { R: 3 })];
    a.pump();
    assert.equal(a.inFlight, 2);
    b.pump();
    assert.deepEqual([b.inFlight, limiter.used.get('R')], [0, 4]);
    a.end();

    assert.deepEqual([a.inFlight, b.inFlight, limiter.used.get('R')], [1, 1, 5]);
  });

  test('where nobody says how much there is, the neediest run of any model can start', () => {
    const limiter = new RateLimiter();
    const [a, b] = [new Model(limiter, { R: 4 }), new Model(limiter, { R: 1 })];
    b.pump();
    assert.equal(b.inFlight, 4);
    a.pump();
    while (b.inFlight > 0) b.end();

    assert.equal(a.inFlight, 1);
  });

  test('chances go by priority: 2 gets half as many as 1', () => {
    const limiter = new RateLimiter(parseResources('R:1'));
    const models = [1, 2, 4].map((priority) => new Model(limiter, { R: 1 }, priority));
    for (const model of models) model.pump();
    for (let i = 0; i < 700; i += 1) models.find(({ inFlight }) => inFlight > 0)!.end();

    const [one, two, four] = models.map(({ runs }) => runs) as [number, number, number];
    assert.ok(Math.abs(one / two - 2) < 0.1 && Math.abs(one / four - 4) < 0.2, `${[one, two, four]}`);
  });

  test('a run that needs all is not starved by those that need little', () => {
    const limiter = new RateLimiter(parseResources('R:8'));
    const prng = new Prng(3);
    const small = Array.from({ length: 4 }, () => new Model(limiter, { R: 1 }));
    for (const model of small) model.pump();
    const large = new Model(limiter, { R: 8 });
    large.pump();
    for (let i = 0; i < 2000; i += 1) {
      const running = [...small, large].filter(({ inFlight }) => inFlight > 0);
      prng.pick(running).end();
      assert.ok((limiter.used.get('R') ?? 0) <= 8);
    }

    assert.ok(large.runs > 50, `${large.runs} runs`);
  });

  test('who has nothing left to run holds nobody up', () => {
    const limiter = new RateLimiter(parseResources('R:2'));
    const [small, large] = [new Model(limiter, { R: 1 }), new Model(limiter, { R: 2 })];
    small.pump();
    large.pump(); // it waits
    large.busy = false;
    small.end();
    assert.equal(small.inFlight, 2);
    while (small.inFlight > 0) {
      small.busy = false;
      small.end();
    }
    large.ticket.wants = true; // left from before
    small.busy = true;
    small.pump();

    assert.equal(small.inFlight, 1, 'nothing is in use: nobody is waited for');
    small.end();
    assert.equal(small.inFlight, 2, 'who does not ask again is forgotten');
  });

  test('several resources are taken together or not at all', () => {
    const limiter = new RateLimiter(parseResources('R:1,S:1'));
    const [both, r] = [new Model(limiter, { R: 1, S: 1 }), new Model(limiter, { R: 1 })];
    r.pump();
    both.pump();
    assert.deepEqual([...limiter.used], [['R', 1], ['S', 0]]);
    r.end();

    assert.deepEqual([both.inFlight, limiter.used.get('S')], [1, 1]);
  });

  test('what could never start is refused, and so is what is no amount', () => {
    const limiter = new RateLimiter(parseResources('R:3'));
    assert.throws(() => new Model(limiter, { R: 4 }),
      { code: 'bad_argument', message: /needs 4 of the resource 'R', of which there are 3/ });
    for (const text of ['R', 'R:', ':3', 'R:x', 'R:-1', 'a b:1']) {
      assert.throws(() => parseResources(text), { code: 'bad_argument' }, text);
    }
    assert.deepEqual([...parseResources('')], []);
  });
});
