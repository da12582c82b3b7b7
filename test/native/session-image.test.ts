import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../server/ann/binding.ts';
import type { NativeSessionIndex, SessionIndexOptions } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';

const ROOM = 60;
const addon = loadAddon();

function answers(index: NativeSessionIndex, prng: Prng): number[][] {
  return Array.from({ length: 20 }, () => {
    const query = Uint32Array.from({ length: 1 + prng.below(6) }, () => prng.below(50));
    const [items, scores, because] = [new Uint32Array(ROOM), new Float32Array(ROOM), new Uint32Array(ROOM)];
    const near = index.search(query, items, scores, { exclude: prng.below(90), ageDecay: 40 });
    const neighbours = [near, ...items, ...scores];
    const after = index.follow(query, items, scores, { because });
    return [...neighbours, after, ...items, ...scores, ...because];
  });
}

function visits(index: NativeSessionIndex, prng: Prng, count: number): void {
  for (let i = 0; i < count; i += 1) {
    index.append(prng.below(90), prng.below(50));
    if (prng.below(60) === 0) index.remove(prng.below(90));
  }
}

suite('A session index that is saved', () => {
  const all: SessionIndexOptions[] = [
    {}, { ruleAgeDecay: 3 },
    { sessionsMax: 40, sessionItemsMax: 6, sessionsPerItemMax: 4, rulesPerItemMax: 3 },
  ];
  test('is the same index where it is restored, and goes on like it', () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const options = all[seed % all.length] as SessionIndexOptions;
      const prng = new Prng(seed);
      const index = new addon.SessionIndex(options);
      visits(index, prng, prng.below(700));
      const again = new addon.SessionIndex(options);
      again.restore(index.save());

      for (let round = 0; round < 3; round += 1) {
        assert.equal(again.sessions, index.sessions);
        assert.deepEqual(answers(again, new Prng(seed)), answers(index, new Prng(seed)));
        const next = prng.below(1e6);
        for (const one of [index, again]) visits(one, new Prng(next), 80);
        assert.deepEqual(again.save(), index.save());
      }
    }
  });

  test('is refused by one of other options, by one that is not empty, and in parts', () => {
    const index = new addon.SessionIndex();
    visits(index, new Prng(2), 300);
    const image = index.save();

    assert.throws(() => new addon.SessionIndex({ ruleWindow: 3 }).restore(image), { code: 'storage' });
    assert.throws(() => index.restore(image), { code: 'bad_argument', message: /not empty/ });
    assert.throws(() => new addon.SessionIndex().restore([1] as never), { code: 'bad_argument' });
    const empty = new addon.SessionIndex();
    for (let bytes = 0; bytes < image.length; bytes += 37) {
      assert.throws(() => empty.restore(image.slice(0, bytes)), { code: 'storage' });
    }
    empty.restore(image);
    assert.equal(empty.sessions, index.sessions);
  });

  test('no damaged image ends the process', () => {
    const index = new addon.SessionIndex();
    visits(index, new Prng(3), 400);
    const image = index.save();
    const prng = new Prng(4);
    for (let round = 0; round < 400; round += 1) {
      const damaged = image.slice();
      for (let i = 1 + prng.below(6); i > 0; i -= 1) damaged[prng.below(image.length)] = prng.below(256);
      const other = new addon.SessionIndex();
      try {
        other.restore(damaged);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'storage');
        continue;
      }
      answers(other, prng);
      visits(other, prng, 30);
    }
  });
});
