import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { keyOf } from '../../../server/experiments/assign.ts';
import { Experiments } from '../../../server/experiments/experiments.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import type { Store } from '../../../server/store/store.ts';
import type { RetrievedItem } from '../../../server/storefront/retrieval/retriever.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { GOODS } from '../../support/make-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { tempFolder } from '../../support/temp-file.ts';

const ARMS = [{ name: 'now' }, { name: 'rules', override: { weights: { followed_by: 2 } } }];

interface Result {
  units: number; sequence: number; switched: number; warnings: string[];
  arms: { name: string; units: number; events: Record<string, number>; clicked: number; revenue: number }[];
  votes: Record<string, number>;
  exploration: Record<string, number>;
  split: { ok: boolean };
}

/** Experiments over a store; give it another's folder and store and it is that one, restarted. */
async function setup(experiments: readonly object[], from: { folder?: string; store?: Store } = {}) {
  const folder = from.folder ?? tempFolder();
  const store = from.store ?? new MemoryStore();
  if (store.itemCount === 0) await store.putItems(GOODS);
  const clock = new FakeClock();
  const file = join(folder, 'experiments.json');
  writeFileSync(file, JSON.stringify({ experiments }));
  const desk = Experiments.open({ file, folder: join(folder, 'logs'), store, clock, log: new Log('error') });
  const happen = async (...events: Partial<ShopEvent & { item: string }>[]): Promise<void> => {
    const made = events.map((event) => makeEvent({ atMs: clock.wallMs(), ...event }));
    const before = store.eventCount;
    await store.append(made);
    made.forEach((event, i) => desk.seen(event, before + i));
  };
  const result = (name: string) => desk.results(name) as Result;
  const log = (name: string) => join(folder, 'logs', `${name}.jsonl`);
  return { desk, store, clock, folder, happen, result, log };
}

const list = (...rows: number[]): RetrievedItem[] =>
  rows.map((row, i) => ({ row, score: 1 / (i + 1), source: 'popular' }));

suite('Experiments', () => {
  test('a unit has one arm, which its answers name and its events count for', async () => {
    const { desk, happen, result } = await setup([{ name: 'ab', arms: ARMS }]);
    const trial = desk.begin({}, { session: 'one' })!;
    const arm = trial.arms['ab']!;
    trial.given(`x-1${trial.tag}`, list(0));
    for (let i = 0; i < 5; i += 1) assert.equal(desk.begin({}, { session: 'one' })!.arms['ab'], arm);
    await happen(
      { type: 'item_click', session: 'one', item: 'lamp', attribution: `x-1${trial.tag}` },
      { type: 'item_click', session: 'one', item: 'lamp', attribution: 'x-2' }, // of no arm's answer
      { type: 'item_click', session: 'two', item: 'lamp', attribution: `x-1${trial.tag}` }, // no unit
      { type: 'purchase', session: 'one', items: [{ item: 'rug', quantity: 2, price: 30 }] },
      { type: 'refund', session: 'one', items: [{ item: 'rug', quantity: 1, price: 30 }] },
      { type: 'purchase', session: 'one', items: [{ item: 'rug', quantity: 9, price: 99 }], consent: false },
    );

    const found = result('ab').arms.find(({ name }) => name === arm)!;
    assert.deepEqual(found.events, { click: 1, cart: 0, purchase: 1, refund: 1 });
    assert.equal(found.revenue, 30);
    assert.equal(result('ab').units, 1);
    assert.deepEqual(trial.overrides[0].weights, arm === 'rules' ? { followed_by: 2 } : undefined);
  });

  test('a session that becomes known takes its arm along; a customer who has one keeps theirs', async () => {
    const { desk, happen, result } = await setup([{ name: 'ab', unit: 'customer', arms: ARMS }]);
    const arms = new Map<string, string>();
    const arm = (session: string, customer?: string) => desk.begin({}, { session, customer })!.arms['ab']!;
    for (let i = 0; i < 40; i += 1) arms.set(`s${i}`, arm(`s${i}`));
    for (let i = 0; i < 40; i += 1) {
      assert.equal(arm(`s${i}`, `c${i}`), arms.get(`s${i}`), 'the arm goes along');
      assert.equal(arm(`later${i}`, `c${i}`), arms.get(`s${i}`), 'to later sessions too');
    }
    assert.equal(result('ab').units, 40);
    assert.equal(result('ab').switched, 0);

    for (let i = 0; i < 40; i += 1) arm(`new${i}`); // not known yet, so units of their own
    for (let i = 0; i < 40; i += 1) assert.equal(arm(`new${i}`, `c${i}`), arms.get(`s${i}`));
    assert.equal(result('ab').units, 80);
    assert.equal(result('ab').switched, 40);
    assert.match(result('ab').warnings.join(), /40 of 80 units were another before/);

    await happen({ type: 'purchase', session: 'new3', items: [{ item: 'rug', quantity: 1, price: 5 }] });
    const bought = result('ab').arms.find(({ revenue }) => revenue === 5);
    assert.equal(bought?.name, arms.get('s3'), 'the session alone says whose it is');
  });

  test('what was counted is there after a restart, with events that no line was written for', async () => {
    const experiments = [{ name: 'ab', arms: ARMS }, { name: 'mix', kind: 'interleave', arms: ARMS },
      { name: 'old', arms: ARMS }];
    const first = await setup(experiments);
    for (let i = 0; i < 30; i += 1) {
      const trial = first.desk.begin({}, { session: `s${i}` })!;
      const items = trial.compose([list(0, 1, 2), list(2, 4, 0)], 3);
      trial.given(`x-${i}${trial.tag}`, items);
      await first.happen(
        { type: 'item_click', session: `s${i}`, item: 'lamp', attribution: `x-${i}${trial.tag}` },
        { type: 'purchase', session: `s${i}`, items: [{ item: 'lamp', quantity: 1, price: i }] });
    }
    const before = ['ab', 'mix'].map(first.result);
    // What a killed process leaves: half a line, and events in the store that nothing was told of.
    appendFileSync(first.log('ab'), '["e",99,17000');
    await first.store.append([makeEvent({
      type: 'purchase', session: 's3', atMs: first.clock.wallMs(), items: [{ item: 'rug', quantity: 1, price: 7 }],
    })]);

    const again = await setup(experiments, first);
    const [ab, mix] = ['ab', 'mix'].map(again.result);
    const purchases = (of: Result): number =>
      of.arms.reduce((sum, one) => sum + one.events['purchase']!, 0);
    assert.equal(purchases(ab!), purchases(before[0]!) + 1);
    assert.equal(ab!.units, 30);
    assert.deepEqual(mix!.votes, before[1]!.votes);
    assert.deepEqual((await setup(experiments, first)).result('ab'), again.result('ab'), 'and once more the same');
  });

  test('a click on an interleaved list is its team\'s, once an item, after a restart too', async () => {
    const mix = [{ name: 'mix', kind: 'interleave', arms: ARMS }];
    const { desk, happen, result, ...first } = await setup(mix);
    const trial = desk.begin({}, { session: 'one' })!;
    assert.equal(trial.overrides.length, 2);
    const items = trial.compose([list(0, 1), list(4, 5)], 4);
    trial.given('x-1', items);
    const event = { type: 'item_click', session: 'one', item: 'desk', attribution: 'x-1' } as const;
    await happen(event, event, { ...event, item: 'chair' });

    assert.deepEqual(result('mix').votes, {
      answers: 1, clicks: [0, 1], first: 0, second: 1, ties: 0, preference: 0.5,
    });
    const again = await setup(mix, first);
    await again.happen(event, { ...event, item: 'lamp' });
    assert.deepEqual(again.result('mix').votes, {
      answers: 1, clicks: [1, 1], first: 0, second: 0, ties: 1, preference: 0,
    });
  });

  test('explored slots are logged with context, propensity and reward', async () => {
    const { desk, happen, result, log } = await setup([
      { name: 'try', kind: 'explore', explore: { every: 2, pool: 3, uniform: 0.5 } },
    ]);
    const trial = desk.begin({}, { session: 'one' })!;
    assert.equal(trial.wanted(3), 6);
    const items = trial.compose([list(0, 1, 2, 4, 5)], 3);
    trial.given('x-1', items);
    const tried = GOODS[items[1]!.row]!.id;
    await happen({ type: 'item_click', session: 'one', item: tried, attribution: 'x-1' },
      { type: 'item_click', session: 'one', item: GOODS[items[0]!.row]!.id, attribution: 'x-1' }, // not tried
      { type: 'purchase', session: 'one', item: tried }); // of the item that was clicked there

    const lines = readFileSync(log('try'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown[]);
    const [, answer, , , slot, pool, features, propensities, chosen] = lines.find(([kind]) => kind === 'x')!;
    assert.deepEqual([answer, slot, pool], ['x-1', 1, ['bulb', 'rug', 'desk']]); // the list's own, and the next
    assert.equal((pool as string[])[chosen as number], tried);
    assert.equal((features as number[][]).length, 3);
    assert.ok(Math.abs((propensities as number[]).reduce((sum, one) => sum + one, 0) - 1) < 1e-5);
    const { answers, slots, click, cart, purchase, items: count } = result('try').exploration;
    assert.deepEqual([answers, slots, click, cart, purchase, count], [1, 1, 1, 0, 1, 1]);
  });

  test('who is forgotten leaves the files, running or not; what was counted stays', async () => {
    const experiments = [{ name: 'ab', unit: 'customer', arms: ARMS }];
    const { desk, happen, result, log } = await setup(experiments);
    const lines = (): string => readFileSync(log('ab'), 'utf8');
    desk.begin({}, { session: 'first' }); // carried over to the customer
    for (const session of ['first', 'second']) desk.begin({}, { session, customer: 'anna' });
    for (let i = 0; i < 20; i += 1) desk.begin({}, { session: `s${i}`, customer: `c${i}` });
    await happen({ type: 'purchase', session: 'second', items: [{ item: 'rug', quantity: 1, price: 5 }] });
    const keys = ['s:first', 's:second', 'c:anna'].map((id) => keyOf('ab', id));
    const before = result('ab');
    for (const key of keys) assert.ok(lines().includes(key));

    desk.forget('anna');
    for (const key of keys) assert.ok(!lines().includes(key));
    assert.ok(lines().includes(keyOf('ab', 'c:c7')));
    const { history: _, ...counts } = result('ab') as Result & { history: unknown };
    assert.deepEqual(counts, (({ history: __, ...rest }) => rest)(before as Result & { history: unknown }));
    await happen({ type: 'purchase', session: 'second', items: [{ item: 'rug', quantity: 1, price: 9 }] });
    assert.equal(result('ab').arms.reduce((sum, { revenue }) => sum + revenue, 0), 5, 'no longer theirs');
    desk.begin({}, { session: 'third', customer: 'anna' });
    assert.equal(result('ab').units, 22, 'somebody new');

    desk.replace({ experiments: [] });
    desk.forget('c7');
    assert.ok(!lines().includes(keyOf('ab', 'c:c7')), 'of an experiment that is over too');
  });

  test('a forced arm is shown, uncounted; unknown ones are told', async () => {
    const { desk, result } = await setup([{ name: 'ab', share: 0.0001, arms: ARMS }]);
    const trial = desk.begin({ arms: { ab: 'rules' } }, { session: 'one' })!;

    assert.deepEqual([trial.overrides[0], trial.tag], [{ weights: { followed_by: 2 } }, '']);
    assert.equal(result('ab').units, 0);
    assert.throws(() => desk.begin({ arms: { ab: 'no' } }, {}), /arms\.ab: no arm 'no'; there are: now, rules/);
    assert.throws(() => desk.begin({ arms: { xy: 'no' } }, {}), /no experiment 'xy'; there are: ab/);
  });

  test('looking into an answer shows the visitor\'s arm and makes nobody a unit', async () => {
    const { desk, result } = await setup([{ name: 'ab', arms: ARMS }]);
    const peeked = desk.begin({ debug: true }, { session: 'one' })!.arms;

    assert.equal(result('ab').units, 0);
    assert.deepEqual(desk.begin({}, { session: 'one' })!.arms, peeked);
    assert.deepEqual(desk.begin({ debug: true }, { session: 'one' })!.arms, peeked);
    assert.equal(result('ab').units, 1);
  });

  test('it begins and ends when it says, and other definitions hold at once or not at all', async () => {
    const { desk, clock, result, folder, store } = await setup([]);
    desk.replace({ experiments: [{ name: 'ab', arms: [...ARMS].reverse() }] });
    desk.replace({ experiments: [] }); // nobody had come: another may have its name
    const at = (ms: number): string => new Date(clock.wallMs() + ms).toISOString();
    assert.equal(desk.begin({}, { session: 'one' }), null);
    desk.replace({ experiments: [{ name: 'ab', arms: ARMS, start: at(1000), stop: at(5000) }] });
    assert.equal(desk.begin({}, { session: 'one' }), null);
    clock.advance(2e6);
    assert.ok(desk.begin({}, { session: 'one' }));

    assert.throws(() => desk.replace({ experiments: [{ name: 'ab', arms: [...ARMS, { name: 'c' }] }] }),
      /experiments\[0\] \('ab'\): arms, start changed, and 1 units are counted under the former/);
    assert.throws(() => desk.replace({ experiments: [{ name: 'other', arms: ARMS }, { name: 'ab' }] }),
      /experiments\[1\]\.arms/);
    await assert.rejects(setup([{ name: 'ab', arms: [...ARMS].reverse() }], { folder, store }),
      /experiments\.json: experiments\[0\] \('ab'\): arms, start changed/, 'a restart is no way around it');
    assert.ok(desk.begin({}, { session: 'two' }), 'what was, holds');
    clock.advance(4e6);
    assert.equal(desk.begin({}, { session: 'one' }), null);
    assert.equal(result('ab').units, 2);
    desk.close();
    const file = JSON.parse(readFileSync(join(folder, 'experiments.json'), 'utf8')) as { experiments: unknown[] };
    assert.equal(file.experiments.length, 1);
  });

  test('an assignment that loses one arm\'s units is called out', async () => {
    const { desk, result } = await setup([{ name: 'ab', arms: ARMS }]);
    for (let i = 0; i < 3000; i += 1) {
      const forced = desk.begin({}, { session: `s${i}` })!;
      assert.ok(forced.arms['ab']);
    }
    assert.equal(result('ab').split.ok, true);

    const run = desk.runs[0]!;
    run.arms[1]!.units -= 250; // as if their answers had been lost before they were counted
    assert.equal(result('ab').split.ok, false);
    assert.match(result('ab').warnings.join(), /sample ratio mismatch/);
  });
});
