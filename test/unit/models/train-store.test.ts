import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { writeModel } from '../../../models/recipes/model-folder.ts';
import { PARTS, trainStore, type Part } from '../../../models/recipes/train-store.ts';
import { readModel } from '../../../server/catalog/repository.ts';
import { demoHistory } from '../../../server/demo/seed.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { loadItemVectors } from '../../../server/storefront/item-vocabulary.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { Prng } from '../../../server/core/prng.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeEvent } from '../../support/shop-events.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrine-train-'));
after(() => rmSync(root, { recursive: true }));

const history = demoHistory(Date.UTC(2026, 3, 1), { seed: 4, days: 28, visits: 2500 });

suite('Training from a store', () => {
  test('writes models that the server can read, and a second run adds a version', async () => {
    const repository = folder('whole');
    await train(repository, history, PARTS);
    await train(repository, history, ['item-vectors', 'session-encoder']);

    for (const name of ['session-encoder', 'intent', 'intent-tfjs']) {
      const { config, versions } = await readModel(repository, name);
      assert.equal(config.name, name);
      assert.deepEqual(versions, name === 'session-encoder' ? [1, 2] : [1]);
    }
    const { dim } = loadItemVectors(join(repository, 'session-encoder', '2'));
    assert.equal(dim, 16);
    assert.deepEqual(readdirSync(join(repository, 'item-vectors')).sort(), ['1', '2', 'card.json']);
    const card = JSON.parse(readFileSync(join(repository, 'session-encoder/card.json'), 'utf8'));
    assert.match(card.trainedOn, /events of this shop/);
    assert.ok(card.scores.hr20 > card.baselines.popular.hr20);
    assert.ok(existsSync(join(repository, 'recommend.json')));
  });

  test('without purchases it says so, and keeps the shipped intent model with its own card',
    async () => {
      const repository = folder('views');
      const views = history.filter((event) => event.type === 'item_view').slice(0, 4000);

      const lines = await train(repository, views, ['intent']);

      assert.ok(lines.some((line) => line.includes('too few purchases')), lines.join('\n'));
      const card = JSON.parse(readFileSync(join(repository, 'intent/card.json'), 'utf8'));
      assert.match(card.trainedOn, /simulator/);
    });

  test('an intent model that knows no more than its baselines is not promoted: the shipped one stays',
    async () => {
      const repository = folder('luck');
      const lines: string[] = [];

      const { refused } = await trainOn(repository, luck(), ['intent'], lines);

      assert.ok(refused);
      assert.match(lines.join('\n'), /not promoted: AUC 0\.\d+ is not surely above 0\.\d+ of base rate/);
      const card = JSON.parse(readFileSync(join(repository, 'intent/card.json'), 'utf8'));
      assert.match(card.trainedOn, /simulator/);
    });

  test('a nearly empty store is no error', async () => {
    const repository = folder('empty');
    const lines = await train(repository, history.slice(0, 20), PARTS);

    assert.ok(lines.some((line) => line.includes('nothing to learn from')));
    assert.ok(!existsSync(join(repository, 'session-encoder')));
  });

  test('what an interrupted run left is not seen, and is cleared by the next', () => {
    const repository = folder('interrupted');
    mkdirSync(join(repository, 'item-vectors/.part-1'), { recursive: true });

    const version = writeModel(repository, {
      name: 'item-vectors',
      files: { 'items.txt': 'a\n' },
      card: {
        name: 'item-vectors', what: '', trainedOn: '', madeAt: '', seed: 1, trainSeconds: 0,
        held_out_share: 0, data: {}, split: '', scores: {}, baselines: {},
      },
    });

    assert.equal(version, 1);
    assert.deepEqual(readdirSync(join(repository, 'item-vectors')).sort(), ['1', 'card.json']);
  });
});

async function train(
  repository: string, events: readonly ShopEvent[], only: readonly Part[],
): Promise<string[]> {
  const lines: string[] = [];
  await trainOn(repository, events, only, lines);
  return lines;
}

async function trainOn(
  repository: string, events: readonly ShopEvent[], only: readonly Part[], lines: string[],
): Promise<{ readonly refused: boolean }> {
  const store = new MemoryStore();
  await store.append(events);
  const options = {
    only, seed: 1, epochs: 6, minutesMax: Infinity, sessionMinutesMax: 30, dim: 16,
  };
  return await trainStore(store, repository, 'models/repository', options, new FakeClock(), (line) => {
    lines.push(line);
  });
}

/** A view, and then, each time with the same chance, another purchase: the past says nothing. */
function luck(): ShopEvent[] {
  const prng = new Prng(3);
  return Array.from({ length: 1200 }, (_, visit) => {
    const session = `visit-${visit}`;
    const item = `item-${prng.below(20)}`;
    let atMs = Date.UTC(2026, 3, 1) + visit * 3_600_000 * 5;
    const events = [makeEvent({ atMs, session, item })];
    while (prng.float() < 0.25) {
      atMs += 900_001; // longer than any moment is after an event
      events.push(makeEvent({ type: 'purchase', atMs, session, item }));
    }
    return events;
  }).flat();
}

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}
