/** Scores of customers' sources through a running server, with settings that `vitrine blend` chose. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { connectNode } from '../../server/client/node.ts';
import type { RecommendInput } from '../../server/client/types.ts';
import { systemClock } from '../../server/core/clock.ts';
import { importOnlineRetail } from '../../server/store/import/online-retail.ts';
import { importSequences } from '../../server/store/import/sequences.ts';
import { MemoryStore } from '../../server/store/memory-store.ts';
import type { Store } from '../../server/store/store.ts';
import { cutBaskets, readInvoices } from '../../server/storefront/retrieval/offline/baskets/baskets.ts';
import {
  basketRequests, scoreBaskets,
} from '../../server/storefront/retrieval/offline/baskets/replay-baskets.ts';
import { readLeaveOneOut } from '../../server/storefront/retrieval/offline/leave-one-out.ts';
import {
  scoreSequences, sequenceRequests,
} from '../../server/storefront/retrieval/offline/replay-sequences.ts';
import { askAll } from '../../server/storefront/retrieval/replay.ts';
import { DEFAULT_SETTINGS } from '../../server/storefront/retrieval/settings.ts';
import type { Weights } from '../../server/storefront/retrieval/settings.ts';
import { realData } from '../support/real-data.ts';
import { openShopServer } from '../support/shop-server.ts';
import { tempFile, tempFolder } from '../support/temp-file.ts';

const OPTIONS = { skipBad: false, progress: () => {} };
const CUT_MS = Date.parse('2011-11-09T23:59:59Z');

suite('Replaying customers through a server', () => {
  test('a customer\'s last item is what those went on to who were there before', async () => {
    // Everybody goes round a ring of 40 from somewhere, two apart.
    const lines = Array.from({ length: 80 }, (_, user) =>
      `user-${user} ${Array.from({ length: 6 }, (__, i) => `i${(user + 2 * i) % 40}`).join(' ')}`);
    const path = tempFile('ring.txt', lines.join('\n'));
    const { hitRate } = await askSequences(path, { followed_later: 1 }, 1);
    assert.deepEqual(hitRate, [1, 1, 1]);
  });

  const beauty = realData('sequences/amazon_beauty.txt.gz');
  // Every eighth user: what chance gives or takes is half a point of HR. All of them are in the README.
  test('on Amazon Beauty HR@10 is at least .078 and NDCG@10 .048', { skip: beauty.skip }, async () => {
    const weights = { popular: 0.03, followed_later: 1, came_before: 0.2, customers_also: 0.06 };
    const { hitRate, ndcg } = await askSequences(beauty.path, weights, 8);
    assert.ok((hitRate[1] as number) >= 0.078 && (ndcg[1] as number) >= 0.048, `${hitRate} ${ndcg}`);
  });

  const retail = realData('online_retail/online_retail.csv.gz');
  test('on Online Retail recall@20 of the next basket is above .321', { skip: retail.skip }, async () => {
    const store = new MemoryStore();
    await importOnlineRetail(store, retail.path, { ...OPTIONS, untilMs: CUT_MS });
    const data = cutBaskets(await readInvoices(retail.path), CUT_MS, Infinity);
    const weights = { buy_again: 4, customer_neighbours: 2.5, recently_viewed: 0.1, bought_together: 0.03 };
    const answers = await ask(store, weights, basketRequests(data, false));
    const { recall } = scoreBaskets(data, false, answers);
    assert.ok(recall > 0.321, String(recall));
  });
});

/** Of every `step`th user. */
async function askSequences(path: string, weights: Partial<Weights>, step: number) {
  const store = new MemoryStore();
  await importSequences(store, path, { ...OPTIONS, leaveOut: 2 });
  const all = await readLeaveOneOut(path);
  const some = <T>(values: readonly T[]): T[] => values.filter((_, i) => i % step === 0);
  const data = { ...all, test: some(all.test), users: some(all.users) };
  return scoreSequences(data, await ask(store, weights, sequenceRequests(data)));
}

/** Asks a server whose home page has these weights and no others. */
async function ask(
  store: Store, weights: Partial<Weights>, requests: readonly Omit<RecommendInput, 'k'>[],
): Promise<readonly (readonly string[])[]> {
  const none = Object.fromEntries(Object.keys(DEFAULT_SETTINGS.weights).map((name) => [name, 0]));
  const placements = { home: { ...none, ...weights }, product: {}, cart: {}, email: {} };
  const repository = tempFolder();
  writeFileSync(join(repository, 'recommend.json'), JSON.stringify({
    weights: none, placements, histories: { last: 5, decay: 0.7 },
  }));
  const server = await openShopServer(store, repository);
  const client = connectNode(server.url);
  try {
    return (await askAll(client, requests, 8, systemClock)).answers;
  } finally {
    client.close();
    await server.close();
  }
}
