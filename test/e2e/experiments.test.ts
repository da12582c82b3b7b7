import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Prng } from '../../server/core/prng.ts';
import type { RecommendReply } from '../../server/wire/schema.ts';
import { NO_BROWSER, openBrowser, openPage } from '../support/browser.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-file.ts';

const cli = fileURLToPath(new URL('../../server/cli.js', import.meta.url));
const SEED = 20261123;
const KEY = { 'x-key': 'secret' };
const SETTINGS = { VITRINE_RESTRICTED_API: 'experiments:x-key=secret' };

const DEFINITIONS = { experiments: [
  { name: 'weights', layer: 'ranking', share: 0.6, metric: 'purchase',
    arms: [{ name: 'now' }, { name: 'popular', override: {
      weights: { popular: 5, session_neighbours: 0 }, encoder: 'session-encoder/1',
    } }] },
  { name: 'lists', kind: 'interleave', layer: 'ranking', share: [0.6, 0.8], placement: 'home',
    arms: [{ name: 'now' }, { name: 'as-cart', override: { placement: 'cart' } }] },
  { name: 'try-items', kind: 'explore', layer: 'ranking', share: [0.8, 1],
    explore: { method: 'linucb', every: 2, pool: 5 } },
] };

interface Results {
  units: number;
  sequence: number;
  arms: { units: number; events: Record<string, number>; revenue: number }[];
  votes?: Record<string, number>;
  exploration?: Record<string, number>;
}

suite('experiments of a running server', () => {
  test('are put, give arms, count, and come to the same after kill -9', async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const prng = new Prng(SEED);
    const folder = tempFolder();
    let server = await startServer(folder, undefined, 'yes', SETTINGS);
    t.after(() => server.kill());
    const call = async (method: string, path: string, body?: object, headers: object = KEY) => {
      const reply = await fetch(server.url + path, {
        method, headers: { ...headers }, ...(body && { body: JSON.stringify(body) }),
      });
      return { status: reply.status, json: await reply.json() as Record<string, unknown> };
    };
    const results = async (name: string) =>
      (await call('GET', `/v1/experiments/${name}`)).json as unknown as Results;

    assert.equal((await call('PUT', '/v1/experiments', DEFINITIONS, {})).status, 403);
    assert.equal((await call('GET', '/v1/experiments', undefined, {})).status, 403);
    const cellar = { name: 'x', arms: [{ name: 'a' }, { name: 'b', override: { placement: 'cellar' } }] };
    const nowhere = await call('PUT', '/v1/experiments', { experiments: [cellar] });
    assert.match(String(nowhere.json['error']), /arms\[1\]\.override\.placement: there is no 'cellar'/);
    const wrong = await call('PUT', '/v1/experiments', { experiments: [{ name: 'x', arms: [{ name: 'y' }] }] });
    assert.equal(wrong.status, 400);
    assert.match(String(wrong.json['error']), /experiments\[0\]\.arms: expected a list of 2 to 8/);
    assert.equal((await call('PUT', '/v1/experiments', DEFINITIONS)).status, 200);

    const shop = async (visits: readonly number[]): Promise<void> => {
      for (const i of visits) {
        const session = `visit-${i}`;
        const { json } = await call('POST', '/v1/recommend', { session, k: 8, placement: 'home' });
        const { attribution, items, experiments } = json as unknown as RecommendReply;
        assert.equal(Object.keys(experiments ?? {}).length, 1, 'one of the layer');
        const { item } = items[prng.below(items.length)]!;
        const events = [
          { id: `${session}-click`, type: 'item_click', session, items: [item], attribution },
          ...(prng.float() < 0.5 ? [{
            id: `${session}-buy`, type: 'purchase', session, items: [{ item, quantity: 1, price: 10 }],
          }] : []),
        ];
        assert.equal((await call('POST', '/v1/events', { events })).status, 200);
      }
    };
    await shop(Array.from({ length: 150 }, (_, i) => i));
    const names = DEFINITIONS.experiments.map(({ name }) => name);
    const before = await Promise.all(names.map(results));
    const [weights, lists, tries] = before as [Results, Results, Results];
    assert.equal(weights.units + lists.units + tries.units, 150);
    assert.equal(weights.arms.reduce((sum, { events }) => sum + events['click']!, 0), weights.units);
    assert.ok(weights.arms.every(({ revenue }) => revenue > 0));
    assert.equal(lists.votes!['first']! + lists.votes!['second']!, lists.units);
    assert.ok(tries.exploration!['click']! > 0 && tries.exploration!['slots']! >= 3 * tries.units);

    // The shop's rules may change meanwhile.
    writeFileSync(join(folder, 'placements.json'), JSON.stringify({ placements: { home: { k: 3 } } }));
    for (let i = 0; i < 100; i += 1) {
      const { json } = await call('POST', '/v1/recommend', { placement: 'home' });
      if ((json as unknown as RecommendReply).items.length === 3) break;
      assert.ok(i < 99);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    writeFileSync(join(folder, 'placements.json'), '{"placements": {"home": {"k": "three"}}}');
    for (let i = 0; ; i += 1) {
      const { json } = await call('GET', '/v1/placements');
      if (/home\.k: expected .*the former placements hold/.test(String(json['problem']))) break;
      assert.ok(i < 99);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    unlinkSync(join(folder, 'placements.json'));

    await server.kill();
    server = await startServer(folder, undefined, 'yes', SETTINGS);
    const after = await Promise.all(names.map(results));
    for (const [i, name] of names.entries()) {
      const { sequence: _, ...rest } = after[i]!;
      const { sequence: __, ...former } = before[i]!;
      assert.deepEqual(rest, former, name);
    }
    const { json } = await call('POST', '/v1/recommend', { session: 'visit-1', k: 8 });
    const again = json as unknown as RecommendReply;
    assert.deepEqual((await results('weights')).units, weights.units, 'nobody is a unit twice');
    assert.ok(again.experiments);

    const clicksOf = ({ arms }: Results): number => arms.reduce((sum, { events }) => sum + events['click']!, 0);
    const clicks = { before: clicksOf(await results('weights')), sent: 0, acknowledged: 0 };
    let next = 1000;
    const visitor = async (): Promise<void> => {
      for (;;) {
        const session = `visit-${next += 1}`;
        const { json: shown } = await call('POST', '/v1/recommend', { session, k: 8, placement: 'home' });
        const { attribution, items: [first], experiments } = shown as unknown as RecommendReply;
        const counts = experiments && 'weights' in experiments;
        if (counts) clicks.sent += 1;
        const event = { id: `${session}-click`, type: 'item_click', session, items: [first!.item], attribution };
        await call('POST', '/v1/events', { events: [event] });
        if (counts && (clicks.acknowledged += 1) === 60) void server.kill();
      }
    };
    await Promise.allSettled(Array.from({ length: 12 }, visitor)); // each ends with the server
    await server.kill();
    server = await startServer(folder, undefined, 'yes', SETTINGS);
    const found = clicksOf(await results('weights')) - clicks.before;
    t.diagnostic(`killed in a burst: ${clicks.acknowledged} acknowledged, ${found} counted, ${clicks.sent} sent`);
    assert.ok(found >= clicks.acknowledged && found <= clicks.sent);

    const page = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(page, /vitrine_experiment_units\{experiment="weights",arm="popular"\} \d+/);
    assert.match(page, /vitrine_experiment_slots_total\{experiment="try-items"\} \d+/);

    if (NO_BROWSER) t.diagnostic(NO_BROWSER);
    else await lookAtPage(server.url);

    const { code, text } = await evaluate(folder, 'try-items', 'blend');
    assert.equal(code, 3);
    assert.match(text, /blend: refused: effective sample \d+ of \d+ slots/);
    assert.match((await evaluate(folder, 'weights', 'arm:popular')).text, /^weights: clicks of \d+ units/);
    assert.match((await evaluate(folder, 'weights', 'blend')).text, /'blend' chooses items: .* arm:now, arm:popular/);
  });
});

/** The page asks for the key, and then shows every experiment. */
async function lookAtPage(url: string): Promise<void> {
  const browser = await openBrowser();
  try {
    const { page, complaints } = await openPage(browser, { width: 1280, height: 900 });
    await page.goto(`${url}/page/experiments.html`);
    await page.fill('input[name=header]', 'x-key');
    await page.fill('input[name=value]', 'secret');
    await page.click('button');
    await page.waitForSelector('.experiment table');
    assert.deepEqual(await page.locator('.experiment h2').allTextContents(), ['weights', 'lists', 'try-items']);
    assert.deepEqual(complaints.filter((text) => !text.includes('403')), []);
  } finally {
    await browser.close();
  }
}

function evaluate(folder: string, name: string, policy: string): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const args = [cli, 'experiment', 'evaluate', name, '--data', folder, '--policy', policy];
    const child = execFile(process.execPath, args, (_, text, errors) =>
      resolve({ code: child.exitCode ?? -1, text: text + errors }));
  });
}
