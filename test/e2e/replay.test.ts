import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectNode } from '../../server/client/node.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Prng } from '../../server/core/prng.ts';
import { readPrefixFile } from '../../server/store/import/session-file.ts';
import type { TestPrefix } from '../../server/store/import/session-file.ts';
import { importSessions } from '../../server/store/import/sessions.ts';
import { MemoryStore } from '../../server/store/memory-store.ts';
import type { Store } from '../../server/store/store.ts';
import { HitRate, percent } from '../../server/storefront/retrieval/hit-rate.ts';
import { replay } from '../../server/storefront/retrieval/replay.ts';
import type { Replay } from '../../server/storefront/retrieval/replay.ts';
import { realData } from '../support/real-data.ts';
import { openShopServer } from '../support/shop-server.ts';
import type { ShopServer } from '../support/shop-server.ts';
import { tempFile, tempFolder } from '../support/temp-file.ts';

suite('Replaying test prefixes through a server over WebSocket', () => {
  test('gives the score that the retriever has by itself', async () => {
    const prng = new Prng(4);
    const lines = Array.from({ length: 300 }, () => walk(prng).join(' '));
    const prefixes = Array.from({ length: 200 }, () => {
      const items = walk(prng);
      return { items, target: items.pop() as string };
    });

    const train = tempFile('train.txt', lines.join('\n'));
    const { done, direct } = await serve(train, async (server, store) => ({
      done: await replayOn(server, prefixes), direct: directScore(server, store, prefixes),
    }));

    assert.deepEqual([done.short, done.degraded], [0, 0]);
    assert.equal(done.latenciesMs.length, 200);
    assert.equal(done.score.hr20, direct.hr20);
    assert.ok(Math.abs(done.score.mrr20 - direct.mrr20) < 1e-12);
    assert.ok(direct.hr20 > 0.5);
  });

  // The shop's own settings would be chosen by `vitrine train`; these are the defaults.
  for (const [name, hr20, mrr20] of [
    ['yoochoose1_64', 69, 27],
    ['diginetica', 49.5, 16.6],
  ] as const) {
    const train = realData(`sessions/${name}/train_sessions.txt.gz`);
    const rows = realData(`sessions/${name}/test_prefixes.tsv.gz`);
    test(`on ${name} it is at least ${hr20} / ${mrr20}`, { skip: train.skip }, async () => {
      const prefixes: TestPrefix[] = [];
      let row = 0;
      for await (const prefix of readPrefixFile(rows.path)) {
        if ((row += 1) % 16 === 0) prefixes.push(prefix);
      }

      const done = await serve(train.path, (server) => replayOn(server, prefixes));

      const got = `HR@20 ${percent(done.score.hr20)} MRR@20 ${percent(done.score.mrr20)}`;
      assert.ok(100 * done.score.hr20 >= hr20 && 100 * done.score.mrr20 >= mrr20, got);
      assert.equal(done.short, 0);
    });
  }
});

/** Runs `use` on a server that has imported the sessions. */
async function serve<T>(
  train: string,
  use: (server: ShopServer, store: Store) => Promise<T>,
): Promise<T> {
  const store = new MemoryStore();
  await importSessions(store, train, { skipBad: false, progress: () => {} });
  const server = await openShopServer(store, tempFolder());
  try {
    return await use(server, store);
  } finally {
    await server.close();
  }
}

async function replayOn({ url }: ShopServer, prefixes: readonly TestPrefix[]): Promise<Replay> {
  const client = connectNode(url);
  try {
    return await replay(client, prefixes, 16, systemClock);
  } finally {
    client.close();
  }
}

/** What the server's retriever answers when it is asked without a socket between. */
function directScore(
  { retriever }: ShopServer,
  store: Store,
  prefixes: readonly TestPrefix[],
): HitRate {
  const score = new HitRate();
  for (const { items, target } of prefixes) {
    const rows = items.map((id) => store.item(id)?.row).filter((item) => item !== undefined);
    const found = retriever.retrieve({ items: Uint32Array.from(rows), k: 20 });
    const rank = found.findIndex(({ row }) => store.itemAt(row)?.id === target);
    score.add(rank < 0 ? Infinity : rank + 1);
  }
  return score;
}

/** A session that walks a ring of 60 items. */
function walk(prng: Prng): string[] {
  let at = prng.below(60);
  return Array.from({ length: 3 + prng.below(5) }, () => `i${(at = (at + prng.below(4)) % 60)}`);
}
