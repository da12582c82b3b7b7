import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../server/ann/binding.ts';
import type { NativeSessionIndex, SessionIndexOptions } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { PlainSessionIndex } from '../support/plain-session-index.ts';
import type { Ranked } from '../support/plain-session-index.ts';

const ROOM = 200; // more than any answer here holds
const addon = loadAddon();

suite('The session index', () => {
  test('its neighbours are those of the plain index, whatever the weights', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { prng, plain, native } = filled(seed, { sessionItemsMax: 3 + (seed % 10) });
      for (let round = 0; round < 10; round += 1) {
        const query = sessionOf(prng, 1 + prng.below(12));
        const weights = {
          neighbours: 1 + prng.below(60),
          sample: 1 + prng.below(120),
          queryDecay: 0.5 + 3 * prng.float(),
          itemDecay: 0.5 + 3 * prng.float(),
          ageDecay: prng.below(2) * (10 + prng.below(100)),
          lengthPower: prng.float(),
          exclude: prng.below(80),
        };
        sameAnswer(search(native, query, weights), plain.search(query, weights), `seed ${seed}`);
      }
      native.close();
    }
  });

  test('of popular items it looks at the newest sessions alone, and finds the same', () => {
    const prng = new Prng(6);
    const plain = new PlainSessionIndex({});
    const native = new addon.SessionIndex({});
    for (let key = 0; key < 2500; key += 1) {
      for (let i = 1 + prng.below(5); i > 0; i -= 1) {
        const item = Math.floor(40 * prng.float() ** 3);
        plain.append(key, item);
        native.append(key, item);
      }
    }
    for (let round = 0; round < 25; round += 1) {
      const query = Array.from({ length: 1 + prng.below(9) }, () => Math.floor(40 * prng.float() ** 2));
      const weights = {
        neighbours: 1 + prng.below(80), sample: 1 + prng.below(round % 2 === 0 ? 300 : 1500),
        queryDecay: 0.5 + 3 * prng.float(), ageDecay: round % 3 === 0 ? 500 : 0, exclude: prng.below(2500),
      };
      sameAnswer(search(native, query, weights), plain.search(query, weights), `round ${round}`);
    }
    native.close();
  });

  test('its rules are those of the plain index, reasons and age decay included', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const options = { ruleWindow: 1 + (seed % 5), ruleAgeDecay: seed % 2 === 0 ? 3 : 0 };
      const { prng, plain, native } = filled(seed, options);
      for (let round = 0; round < 10; round += 1) {
        const query = sessionOf(prng, 1 + prng.below(6));
        const weights = { last: 1 + prng.below(4), decay: prng.float() };
        sameAnswer(follow(native, query, weights), plain.follow(query, weights), `seed ${seed}`);
      }
      native.close();
    }
  });

  test('an appended item counts in the very next search', () => {
    const native = new addon.SessionIndex();
    native.append(1, 10);
    assert.deepEqual(search(native, [10]), []);

    native.append(1, 11);

    assert.deepEqual(search(native, [10]).map(({ item }) => item), [11]);
    assert.deepEqual(follow(native, [10]).map(({ item, because }) => [item, because]), [[11, 10]]);
  });

  test('a session does not vote for itself when it is excluded', () => {
    const native = new addon.SessionIndex();
    for (const item of [1, 2, 3]) native.append(7, item);

    assert.notDeepEqual(search(native, [1]), []);
    assert.deepEqual(search(native, [1], { exclude: 7 }), []);
  });

  test('a removed session leaves no trace in neighbours or rules', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { prng, plain, native } = filled(seed, { ruleAgeDecay: seed % 2 === 0 ? 50 : 0 });
      for (const key of [3, 40, 0, 79, 1, 200]) assert.equal(native.remove(key), plain.remove(key));
      for (let round = 0; round < 10; round += 1) {
        const query = sessionOf(prng, 3);
        sameAnswer(search(native, query), plain.search(query), `seed ${seed}`);
        sameAnswer(follow(native, query), plain.follow(query), `seed ${seed}`);
      }
      assert.equal(native.remove(3), false);
    }
  });

  test('the oldest session gives way when there are too many', () => {
    const { prng, plain, native } = filled(5, { sessionsMax: 30 });
    assert.equal(native.sessions, 30);
    for (let round = 0; round < 20; round += 1) {
      const query = sessionOf(prng, 3);
      sameAnswer(search(native, query), plain.search(query), 'seed 5');
    }
  });

  test('an item lists its newest sessions only', () => {
    const native = new addon.SessionIndex({ sessionsPerItemMax: 4 });
    for (let key = 0; key < 100; key += 1) {
      for (const item of [0, 1 + key]) native.append(key, item);
    }

    const answer = search(native, [0]).map(({ item }) => item);
    assert.ok(answer.length >= 4 && answer.length <= 8, `${answer.length} sessions`);
    for (const item of [97, 98, 99, 100]) assert.ok(answer.includes(item));
  });

  test('an item keeps its strongest followers only', () => {
    const native = new addon.SessionIndex({ rulesPerItemMax: 4 });
    const weak = Array.from({ length: 50 }, (_, i) => 10 + i);
    [1, 2, 3, 1, 2, 3, ...weak].forEach((follower, session) => {
      for (const item of [0, follower]) native.append(session, item);
    });

    const answer = follow(native, [0]).map(({ item }) => item);
    assert.ok(answer.length <= 8);
    assert.deepEqual(answer.slice(0, 3), [1, 2, 3]);
  });

  test('appending many at once is the same as one after the other', () => {
    const { prng, native } = filled(14, {});
    const many = new addon.SessionIndex();
    const visits = Array.from({ length: 300 }, () => [prng.below(30), prng.below(40)] as const);
    const single = new addon.SessionIndex();

    many.appendAll(
      Float64Array.from(visits, ([key]) => key), Uint32Array.from(visits, ([, item]) => item));
    for (const [key, item] of visits) single.append(key, item);

    const query = sessionOf(prng, 4);
    assert.deepEqual(search(many, query), search(single, query));
    assert.throws(() => native.appendAll(Float64Array.of(1, 2), Uint32Array.of(1)), /items/);
    assert.throws(() => native.appendAll(Float64Array.of(0.5), Uint32Array.of(1)), /sessions/);
  });

  test('loading whole sessions is the same as appending them', () => {
    const prng = new Prng(9);
    const sessions = Array.from({ length: 50 }, () => sessionOf(prng, prng.below(8)));
    const offsets = [0];
    for (const one of sessions) offsets.push((offsets.at(-1) as number) + one.length);
    const loaded = new addon.SessionIndex();
    const appended = new addon.SessionIndex();

    loaded.load(Uint32Array.from(sessions.flat()), Uint32Array.from(offsets));
    sessions.forEach((items, key) => items.forEach((item) => appended.append(key, item)));

    for (let round = 0; round < 20; round += 1) {
      const query = sessionOf(prng, 4);
      assert.deepEqual(search(loaded, query), search(appended, query));
      assert.deepEqual(follow(loaded, query), follow(appended, query));
    }
  });

  test('only allowed items are answered, and as many of them as there are', () => {
    const { prng, plain, native } = filled(11, {});
    const allow = new Uint32Array(1); // items 0..31 of 40
    for (let item = 0; item < 32; item += 3) allow[0] = (allow[0] as number) | (1 << item);
    const allowed = ({ item }: { item: number }) => item < 32 && item % 3 === 0;
    for (let round = 0; round < 20; round += 1) {
      const query = sessionOf(prng, 4);
      sameAnswer(search(native, query, { allow }), plain.search(query).filter(allowed), 'search');
      sameAnswer(follow(native, query, { allow }), plain.follow(query).filter(allowed), 'follow');
    }
    assert.deepEqual(search(native, [1], { allow: new Uint32Array(0) }), []);
  });

  test('a short array gets the best', () => {
    const { native } = filled(12, {});
    const items = new Uint32Array(3);
    const scores = new Float32Array(3);

    assert.equal(native.search(Uint32Array.of(1, 2), items, scores), 3);
    assert.deepEqual([...items], search(native, [1, 2]).slice(0, 3).map(({ item }) => item));
  });

  test('a token opens the same index, until its owner closes it', () => {
    const { native } = filled(13, {});
    const twin = addon.SessionIndex.attach(native.token);
    twin.append(500, 39);
    assert.deepEqual(search(twin, [39]), search(native, [39]));

    const { token } = native;
    native.close();
    assert.equal(twin.sessions, 81);
    assert.throws(() => addon.SessionIndex.attach(token), { code: 'bad_argument' });
    assert.throws(() => native.append(1, 1), { code: 'bad_argument', message: /closed/ });
  });

  test('a wrong argument is refused by name and changes nothing', () => {
    const native = new addon.SessionIndex();
    const wrong: [() => unknown, RegExp][] = [
      [() => native.append(-1, 1), /session/],
      [() => native.append(1.5, 1), /session/],
      [() => native.append(1, 2 ** 24), /item/],
      [() => native.append(1, Number.NaN), /item/],
      [() => native.load(Uint32Array.of(1, 2), Uint32Array.of(0, 3)), /offset 1/],
      [() => native.load(Uint32Array.of(1, 2), Uint32Array.of(2, 1)), /offset 1/],
      [() => native.load(Uint32Array.of(2 ** 24), Uint32Array.of(0, 1)), /item/],
      [() => native.search(Uint32Array.of(1), new Uint32Array(2), new Float32Array(3)), /scores/],
      [() => search(native, [1], { queryDecay: 0 }), /queryDecay/],
      [() => search(native, [1], { ageDecay: Number.NaN }), /ageDecay/],
      [() => search(native, [1], { neighbours: 0 }), /neighbours/],
      [() => follow(native, [1], { decay: 2 }), /decay/],
      [() => new addon.SessionIndex({ sessionsMax: 0 }), /sessionsMax/],
    ];
    for (const [act, message] of wrong) assert.throws(act, { code: 'bad_argument', message });
    assert.equal(native.sessions, 0);
  });

  test('memory stays bounded however many sessions pass', () => {
    const bounds = { sessionsMax: 200, sessionsPerItemMax: 50, rulesPerItemMax: 20 };
    const native = new addon.SessionIndex(bounds);
    const prng = new Prng(3);
    const fill = (from: number) => {
      for (let i = 0; i < 4000; i += 1) native.append(from + (i >> 2), prng.below(100));
    };
    fill(0);
    fill(1000);
    const before = native.bytes;
    for (let round = 2; round < 10; round += 1) fill(round * 1000);

    assert.equal(native.sessions, 200);
    assert.ok(native.bytes < before * 1.2, `${before} -> ${native.bytes} bytes`);
  });
});

/** The plain and the native index over the same 80 interleaved sessions of 40 items. */
function filled(seed: number, options: SessionIndexOptions) {
  const prng = new Prng(seed);
  const plain = new PlainSessionIndex(options);
  const native = new addon.SessionIndex(options);
  for (let key = 0; key < 80; key += 1) {
    for (let i = 1 + prng.below(12); i > 0; i -= 1) {
      // Now and then an older session goes on. Not an evicted one: that would begin anew.
      const to = options.sessionsMax || prng.below(5) > 0 ? key : Math.max(0, key - prng.below(4));
      const item = prng.below(40);
      plain.append(to, item);
      native.append(to, item);
    }
    if (options.sessionsMax) continue;
    plain.append(key, key % 40);
    native.append(key, key % 40);
  }
  return { prng, plain, native };
}

function sessionOf(prng: Prng, length: number): number[] {
  return Array.from({ length }, () => prng.below(40));
}

function search(
  native: NativeSessionIndex,
  query: number[],
  options: Parameters<NativeSessionIndex['search']>[3] = {},
): Ranked {
  const items = new Uint32Array(ROOM);
  const scores = new Float32Array(ROOM);
  const count = native.search(Uint32Array.from(query), items, scores, options);
  return Array.from({ length: count }, (_, i) => ({
    item: items[i] as number, score: scores[i] as number,
  }));
}

function follow(
  native: NativeSessionIndex,
  query: number[],
  options: Parameters<NativeSessionIndex['follow']>[3] = {},
): Ranked {
  const items = new Uint32Array(ROOM);
  const scores = new Float32Array(ROOM);
  const because = new Uint32Array(ROOM);
  const count = native.follow(Uint32Array.from(query), items, scores, { ...options, because });
  return Array.from({ length: count }, (_, i) => ({
    item: items[i] as number, score: scores[i] as number, because: because[i] as number,
  }));
}

/** Equal up to rounding: items whose scores differ by less than that may change places. */
function sameAnswer(got: Ranked, wanted: Ranked, note: string): void {
  assert.equal(got.length, wanted.length, note);
  const scoreOf = new Map(wanted.map((one) => [one.item, one.score]));
  got.forEach((one, i) => {
    const place = (wanted[i] as Ranked[number]).score;
    const own = scoreOf.get(one.item) ?? Number.NaN;
    const what = `${note}: item ${one.item} at place ${i} has ${one.score}, wanted ${own}`;
    assert.ok(Math.abs(one.score - own) <= 1e-5 * own, what);
    assert.ok(Math.abs(place - own) <= 1e-5 * place, what);
    const because = wanted.find(({ item }) => item === one.item)?.because;
    if (one.item === wanted[i]?.item) assert.equal(one.because, because, note);
  });
}
