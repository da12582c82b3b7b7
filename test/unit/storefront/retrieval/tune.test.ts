import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { HybridRetriever } from '../../../../server/storefront/retrieval/hybrid-retriever.ts';
import {
  packSessions, prefixesOf, splitSessions,
} from '../../../../server/storefront/retrieval/past-sessions.ts';
import {
  DEFAULT_SETTINGS, readSettings,
} from '../../../../server/storefront/retrieval/settings.ts';
import type { BlendSettings } from '../../../../server/storefront/retrieval/settings.ts';
import { chooseBlend } from '../../../../server/storefront/retrieval/tune/choose-blend.ts';
import { climb } from '../../../../server/storefront/retrieval/tune/climb.ts';
import { sourceKnobs, weightKnobs } from '../../../../server/storefront/retrieval/tune/knobs.ts';
import { Trials } from '../../../../server/storefront/retrieval/tune/trials.ts';
import { makeEvent } from '../../../support/shop-events.ts';
import { tempFolder } from '../../../support/temp-file.ts';

suite('Climbing', () => {
  const knobs = [
    ...weightKnobs(['session_neighbours', 'followed_by', 'again']),
    ...sourceKnobs(['session_neighbours'], 1000, 5000),
  ];

  test('every knob is turned to the best of its ladder, from above and from below', () => {
    const wanted = { followed_by: 3, again: 0.05 };
    const best = climb(DEFAULT_SETTINGS, knobs, ({ weights, neighbours }) =>
      10 - near(weights.followed_by, wanted.followed_by) - near(weights.again, wanted.again) -
      near(neighbours.queryDecay, 4));

    assert.equal(best.weights.followed_by, wanted.followed_by);
    assert.equal(best.weights.again, wanted.again);
    assert.equal(best.neighbours.queryDecay, 4);
    assert.equal(best.neighbours.itemDecay, DEFAULT_SETTINGS.neighbours.itemDecay);
  });

  test('what gains next to nothing is left as it is', () => {
    const best = climb(DEFAULT_SETTINGS, knobs, ({ weights }) => 1 + weights.again * 1e-6);
    assert.deepEqual(best, DEFAULT_SETTINGS);
  });

  test('a value that is on no ladder is a step of its own', () => {
    const odd = { ...DEFAULT_SETTINGS, weights: { ...DEFAULT_SETTINGS.weights, again: 0.123 } };
    const tried = new Set<number>();
    climb(odd, knobs, ({ weights }) => (tried.add(weights.again), 1));
    assert.deepEqual([...tried].sort(), [0.1, 0.075, 0.123, 0.15, 0.2].sort());
  });
});

suite('Trying settings', () => {
  test('a trial scores as the retriever itself would', () => {
    const sessions = splitSessions(packSessions(walks(400, 3)), 0.1);
    const prefixes = prefixesOf(sessions.newest, 200);
    const addon = loadAddon();
    const none = { tastes: null, tasteVectors: null, similarVectors: null };
    const trials = new Trials({ addon, past: sessions.older, prefixes, ...none });
    const settings: BlendSettings = {
      ...DEFAULT_SETTINGS, rules: { ...DEFAULT_SETTINGS.rules, ageDecay: 100 },
    };
    const index = new addon.SessionIndex({ ruleAgeDecay: 100 });
    const retriever = new HybridRetriever({
      index, settings, itemCount: () => 60, taste: null, similar: null,
    });
    const { rows, offsets } = sessions.older;
    for (let s = 0; s + 1 < offsets.length; s += 1) {
      for (const row of rows.subarray(offsets[s], offsets[s + 1])) retriever.observe(s, row, 1);
    }

    const hits = prefixes.filter(({ items, target }) =>
      retriever.retrieve({ items, k: 20 }).some(({ row }) => row === target)).length;

    assert.ok(hits > 50);
    assert.equal(trials.score(settings).hr20, hits / prefixes.length);
  });
});

suite('Choosing the blend', () => {
  test('it is chosen on the newest sessions, no worse there than the defaults', async () => {
    const store = new MemoryStore();
    await fill(store, walks(3000, 7));
    const repository = tempFolder();
    const said: string[] = [];

    const settings = await chooseBlend(store, repository, (line) => said.push(line));

    assert.deepEqual(readSettings(repository), settings);
    const scores = said.map((line) => /HR@20 ([\d.]+) MRR@20 ([\d.]+)/.exec(line)).filter((m) => m);
    const [first, last] = [scores[0], scores.at(-1)].map((m) => Number(m?.[1]) * Number(m?.[2]));
    assert.ok((last as number) >= (first as number), said.join('\n'));
  });

  test('with too few sessions the defaults hold and nothing is written', async () => {
    const store = new MemoryStore();
    await fill(store, walks(30, 7));
    const repository = tempFolder();

    assert.equal(await chooseBlend(store, repository, () => {}), DEFAULT_SETTINGS);
    assert.ok(!existsSync(join(repository, 'recommend.json')));
  });
});

/** Sessions that walk a ring of 60 items, mostly forwards, now and then back to where they were. */
function walks(count: number, seed: number): number[][] {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => {
    const rows = [prng.below(60)];
    for (let length = 2 + prng.below(5); length > 0; length -= 1) {
      const last = rows[rows.length - 1] as number;
      rows.push(prng.below(4) === 0 ? prng.pick(rows) : (last + 1 + prng.below(3)) % 60);
    }
    return rows;
  });
}

async function fill(store: MemoryStore, sessions: number[][]): Promise<void> {
  await store.append(
    sessions.flatMap((rows, s) =>
      rows.map((row) => makeEvent({ session: `s${s}`, item: `i${row}`, atMs: s * 1e6 }))),
  );
}

function near(value: number, wanted: number): number {
  return Math.abs(Math.log((value + 0.001) / (wanted + 0.001)));
}
